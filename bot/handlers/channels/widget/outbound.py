"""What we say to a website visitor. The message is in the store already; open streams read it from there."""

from __future__ import annotations

from bot.delivery.ports import Outcome, Parcel, Sent, Unsupported, Words


class WidgetPort:
    """The port ``widget``. Its outcome is a fact of the store: from now on the message is visible to its client.

    The relay's commit of that outcome wakes the streams of every node; a browser that is away reads it when it is back.
    """

    async def deliver(self, parcel: Parcel) -> Outcome:
        """Let the client see an answer."""
        if isinstance(parcel.body, Words) and parcel.body.kind == "reply":
            return Sent(str(parcel.delivery_id))
        return Unsupported(f"The website chat can't show this ({type(parcel.body).__name__}).")
