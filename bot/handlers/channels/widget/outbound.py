"""What we say to a website visitor. The message is in the store already; open streams read it from there."""

from __future__ import annotations

from bot.delivery.ports import DeletePost, EditPost, FilePost, Outcome, Parcel, React, Sent, Unsupported, Words
from bot.domain.phrase import Phrase


class WidgetPort:
    """The port ``widget``. Its outcome is a fact of the store: from now on the message is visible to its client.

    The relay's commit of that outcome wakes the streams of every node; a browser that is away reads it when it is back.
    Changes are visible from the moment they are made, so there is nothing left to do for them.
    """

    async def deliver(self, parcel: Parcel) -> Outcome:
        """Let the client see an answer, or see it changed."""
        match parcel.body:
            case Words(kind="reply") | FilePost(kind="reply"):
                return Sent(str(parcel.delivery_id))
            case EditPost(remote_id=remote_id) | React(remote_id=remote_id):
                return Sent(remote_id)
            case DeletePost():
                return Sent()
        return Unsupported(Phrase("The website chat can't show this ({what}).", what=type(parcel.body).__name__))
