"""Telling one person something: in the thread where he acted, or in private."""

from __future__ import annotations

from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.perform import Desk
from bot.domain.actions import Button
from bot.domain.chart import Chart
from bot.domain.errors import NoPrivateChat
from bot.domain.ids import ConversationId, OperatorId
from bot.domain.screen import Jump
from bot.store import blobs, outbox, private_chats, team
from bot.store.blobs import Blob
from bot.store.outbox import Delivery
from bot.store.spread import LIVE
from bot.store.uow import Tx


def tell(tx: Tx, port: str, place: Place, text: str, only_for: str | None, reply_to: str | None = None) -> None:
    """Queue words that only ``only_for`` (the platform's id of the person) sees, in a thread that need not be a mirror.

    None where nobody else is: in direct messages.
    """
    payload: dict[str, object] = {"text": text, "only_for": only_for, "reply_to": reply_to, "buttons": [], "thread": place.thread}
    outbox.queue(
        tx, Delivery(lane=f"{port}:{place.chat}:{place.thread}:notices", port=port, chat=place.chat, op="notice", payload=payload)
    )


def notify(
    tx: Tx,
    operator_id: OperatorId,
    text: str,
    *,
    about: ConversationId | None = None,
    jumps: tuple[Jump, ...] = (),
    buttons: tuple[Button, ...] = (),
    at: str = "",
) -> bool:
    """Queue words for one operator in private: a Slack direct message, else the Telegram bot's private chat.

    ``about`` is the conversation it speaks of: the ways to its threads, also to those still being made, stand below. ``jumps``
    are other threads it speaks of, when it is about no conversation. ``at`` is
    the one platform to tell him on, empty for the first he has. Whether there is a way to reach him at all.
    """
    for platform in (at,) if at else ("slack", "telegram"):
        person = team.identity_of(tx, operator_id, platform)
        if person is not None:
            payload: dict[str, object] = {
                "text": text,
                "person": team.name_of(tx, operator_id),
                "thread": "",
                "jumps": LIVE if about is not None else [[jump.platform, jump.chat, jump.thread] for jump in jumps],
                "buttons": [[button.verb.value, button.label, button.token, button.style] for button in buttons],
            }
            port = port_of(platform)
            lane = f"{port}:{person}:private"
            outbox.queue(tx, Delivery(lane=lane, port=port, chat=person, op="notice", conversation_id=about, payload=payload))
            return True
    return False


def send_file(tx: Tx, desk: Desk, name: str, mime: str, content: bytes | Chart, *, caption: str, what: str) -> Answer:
    """Queue a file for the person who asked, in private; a chart is drawn when it is sent. What he is told now.

    Raises ``NoPrivateChat``: files of other clients' words are for no topic.

    ``what``  a word for it, as in “The table …”
    """
    port, person = port_of(desk.actor.platform), desk.actor.external_id
    if desk.actor.platform == "telegram" and not private_chats.is_open(tx, "telegram", person):
        raise NoPrivateChat
    payload: dict[str, object] = {"name": name, "mime": mime, "caption": caption}
    if isinstance(content, Chart):
        payload["chart"] = content.to_json()
    else:
        payload["blob"] = blobs.add(tx, Blob(name, mime, content))
    outbox.queue(tx, Delivery(lane=f"{port}:{person}:private", port=port, chat=person, op="document", payload=payload))
    where = "our direct messages" if desk.actor.platform == "slack" else "our private chat"
    return Answer(f"The {what} comes to you in {where}.")


def port_of(platform: str) -> str:
    """The port that posts on a desk of this platform."""
    return "slack" if platform == "slack" else "telegram-desk"
