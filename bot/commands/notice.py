"""Telling one person something: in the thread where he acted, or in private."""

from __future__ import annotations

from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.perform import Desk
from bot.domain.actions import Button
from bot.domain.chart import Chart
from bot.domain.errors import NoPrivateChat
from bot.domain.ids import ConversationId, OperatorId
from bot.domain.people import Operator
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import Jump
from bot.languages import in_language
from bot.store import blobs, due, mirrors, outbox, private_chats, team
from bot.store.blobs import Blob
from bot.store.due import Due
from bot.store.outbox import Delivery
from bot.store.spread import LIVE
from bot.store.uow import Tx

PLATFORMS = ("slack", "telegram")
WAITING = "notice"
"""The kind of due row that holds words for an operator until his quiet hours end."""
MOST_GATHERED = 20


def tell(tx: Tx, port: str, place: Place, text: str, only_for: str | None, reply_to: str | None = None) -> None:
    """Queue words that only ``only_for`` (the platform's id of the person) sees, in a thread that need not be a mirror.

    None where nobody else is: in direct messages.
    """
    language = team.language_of_person(tx, port, only_for or place.chat)
    payload: dict[str, object] = {
        "text": in_language(text, language),
        "only_for": only_for,
        "reply_to": reply_to,
        "buttons": [],
        "thread": place.thread,
        "language": language,
    }
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
    """Queue words for one operator in private, where he worked last: a Slack direct message or the Telegram bot's chat.

    Where he can't be reached there, the other platform takes over. In his quiet hours they wait for their end (R111).

    ``about`` is the conversation it speaks of: the ways to its threads, also to those still being made, stand below. ``jumps``
    are other threads it speaks of, when it is about no conversation. ``at`` is
    the one platform to tell him on, empty for the first he has. Whether there is a way to reach him at all.
    """
    operator = team.operator_by_id(tx, operator_id)
    ways = _ways(tx, operator, at) if operator is not None else []
    if operator is None or not ways:
        return False
    language = team.language_of(tx, operator)
    said = in_language(buttons, language)
    drawn = [[button.verb.value, button.label, button.token, button.style] for button in said]
    shown = [[jump.platform, jump.chat, jump.thread] for jump in jumps]
    quiet_until = operator.settings.quiet_until(tx.now)
    if quiet_until is not None:
        waiting: dict[str, object] = {"text": in_language(text, language), "jumps": shown, "buttons": drawn}
        due.put(tx, [Due(kind=WAITING, at=quiet_until, operator_id=operator_id, conversation_id=about, payload=waiting)])
        return True
    _post(tx, operator, ways, text, jumps=LIVE if about is not None else shown, buttons=drawn, about=about)
    return True


def tell_gathered(tx: Tx, operator_id: OperatorId) -> None:
    """What waited for the end of an operator's quiet hours, in one message; nothing while they last."""
    operator = team.operator_by_id(tx, operator_id)
    waiting = due.take_of(tx, WAITING, operator_id)
    quiet_until = operator.settings.quiet_until(tx.now) if operator is not None and operator.active else None
    if quiet_until is not None:
        due.hurry(tx, WAITING, operator_id, quiet_until)
        return
    due.done(tx, [one.id for one in waiting])
    ways = _ways(tx, operator) if operator is not None else []
    if operator is None or not waiting or not ways:
        return
    if len(waiting) == 1:
        one = waiting[0]
        told_of = LIVE if one.conversation_id else one.payload["jumps"]
        words, buttons = one.payload["text"], one.payload["buttons"]
        _post(tx, operator, ways, words, jumps=told_of, buttons=buttons, about=one.conversation_id)
        return
    told = [f"• {one.payload['text']}" for one in waiting]
    left = len(told) - MOST_GATHERED
    lines = [joined(" ", ["•", Phrase("… and {left} more before that", left=left)]), *told[left:]] if left > 0 else told
    jumps = [jump for one in waiting for jump in [*_threads(tx, one.conversation_id), *one.payload["jumps"]]]
    once = [jump for number, jump in enumerate(jumps) if jump not in jumps[:number]]
    buttons = [button for one in waiting for button in one.payload["buttons"]][:MOST_GATHERED]
    words = joined("\n", [Phrase("🔔 While you had quiet hours:"), *lines])
    _post(tx, operator, ways, words, jumps=once[-MOST_GATHERED:], buttons=buttons, about=None)


def _threads(tx: Tx, about: ConversationId | None) -> list[list[str]]:
    live = mirrors.of_conversation(tx, about) if about is not None else []
    return [[mirror.platform, mirror.chat, mirror.thread] for mirror in live if mirror.thread]


def _ways(tx: Tx, operator: Operator, at: str = "") -> list[tuple[str, str]]:
    """Ports and ids at which an operator can be told in private, where he worked last first; none for who is no longer active."""
    order = (at,) if at else sorted(PLATFORMS, key=lambda platform: platform != operator.settings.works_on)
    found = [(port_of(platform), team.identity_of(tx, operator.id, platform)) for platform in order if operator.active]
    return [(port, person) for port, person in found if person is not None]


def _post(
    tx: Tx,
    operator: Operator,
    ways: list[tuple[str, str]],
    text: str,
    *,
    jumps: object,
    buttons: list[list[str]],
    about: ConversationId | None,
) -> None:
    (port, person), language = ways[0], team.language_of(tx, operator)
    payload: dict[str, object] = {
        "text": in_language(text, language),
        "person": operator.name,
        "thread": "",
        "jumps": jumps,
        "buttons": buttons,
        "language": language,
    }
    if len(ways) > 1:
        payload["otherwise"] = list(ways[1])
    outbox.privately(tx, port, person, payload, about=about)


def send_file(tx: Tx, desk: Desk, name: str, mime: str, content: bytes | Chart, *, caption: str, what: str) -> Answer:
    """Queue a file for the person who asked, in private; a chart is drawn when it is sent. What he is told now.

    Raises ``NoPrivateChat``: files of other clients' words are for no topic.

    ``what``  a word for it, as in “The table …”
    """
    port, person = port_of(desk.actor.platform), desk.actor.external_id
    if desk.actor.platform == "telegram" and not private_chats.is_open(tx, "telegram", person):
        raise NoPrivateChat
    language = team.language_of(tx, desk.operator)
    payload: dict[str, object] = {"name": name, "mime": mime, "caption": in_language(caption, language), "language": language}
    if isinstance(content, Chart):
        payload["chart"] = in_language(content, language).to_json()
    else:
        payload["blob"] = blobs.add(tx, Blob(name, mime, content))
    outbox.privately(tx, port, person, payload, op="document")
    if desk.actor.platform == "slack":
        return Answer(Phrase("The {what} comes to you in our direct messages.", what=what))
    return Answer(Phrase("The {what} comes to you in our private chat.", what=what))


def port_of(platform: str) -> str:
    """The port that posts on a desk of this platform."""
    return "slack" if platform == "slack" else "telegram-desk"
