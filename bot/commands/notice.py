"""Telling one person something: in the thread where he acted, or in private."""

from __future__ import annotations

from bot.commands.context import Place
from bot.domain.actions import Button
from bot.domain.ids import ConversationId, OperatorId
from bot.domain.people import Operator
from bot.domain.screen import Jump
from bot.store import due, mirrors, outbox, team
from bot.store.due import Due
from bot.store.outbox import Delivery
from bot.store.spread import LIVE
from bot.store.uow import Tx

PLATFORMS = ("slack", "telegram")
WAITING = "notice"
"""The kind of due row that holds words for an operator until his quiet hours end."""
MOST_GATHERED = 20


def tell(tx: Tx, port: str, place: Place, text: str, only_for: str, reply_to: str | None = None) -> None:
    """Queue words that only ``only_for`` (the platform's id of the person) sees, in a thread that need not be a mirror."""
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
) -> bool:
    """Queue words for one operator in private, where he worked last: a Slack direct message or the Telegram bot's chat.

    Where he can't be reached there, the other platform takes over. In his quiet hours they wait for their end (R111).

    ``about`` is the conversation it speaks of: the ways to its threads, also to those still being made, stand below. ``jumps``
    are other threads it speaks of, when it is about no conversation. Whether there is a way to reach him at all.
    """
    operator = team.operator_by_id(tx, operator_id)
    ways = _ways(tx, operator) if operator is not None else []
    if operator is None or not ways:
        return False
    drawn = [[button.verb.value, button.label, button.token, button.style] for button in buttons]
    shown = [[jump.platform, jump.chat, jump.thread] for jump in jumps]
    quiet_until = operator.settings.quiet_until(tx.now)
    if quiet_until is not None:
        waiting: dict[str, object] = {"text": text, "jumps": shown, "buttons": drawn}
        due.put(tx, [Due(kind=WAITING, at=quiet_until, operator_id=operator_id, conversation_id=about, payload=waiting)])
        return True
    _post(tx, ways, text, LIVE if about is not None else shown, drawn, about)
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
    if not waiting or not ways:
        return
    if len(waiting) == 1:
        one = waiting[0]
        about = one.conversation_id
        _post(tx, ways, one.payload["text"], LIVE if about else one.payload["jumps"], one.payload["buttons"], about)
        return
    told = [f"• {one.payload['text']}" for one in waiting]
    left = len(told) - MOST_GATHERED
    lines = [f"• … and {left} more before that", *told[left:]] if left > 0 else told
    jumps = [jump for one in waiting for jump in [*_threads(tx, one.conversation_id), *one.payload["jumps"]]]
    once = [jump for number, jump in enumerate(jumps) if jump not in jumps[:number]]
    buttons = [button for one in waiting for button in one.payload["buttons"]]
    _post(tx, ways, "\n".join(["🔔 While you had quiet hours:", *lines]), once[-MOST_GATHERED:], buttons[:MOST_GATHERED], None)


def _threads(tx: Tx, about: ConversationId | None) -> list[list[str]]:
    live = mirrors.of_conversation(tx, about) if about is not None else []
    return [[mirror.platform, mirror.chat, mirror.thread] for mirror in live if mirror.thread]


def _ways(tx: Tx, operator: Operator) -> list[tuple[str, str]]:
    """Ports and ids at which an operator can be told in private, where he worked last first; none for who is no longer active."""
    order = sorted(PLATFORMS, key=lambda platform: platform != operator.settings.works_on)
    found = [(port_of(platform), team.identity_of(tx, operator.id, platform)) for platform in order if operator.active]
    return [(port, person) for port, person in found if person is not None]


def _post(
    tx: Tx,
    ways: list[tuple[str, str]],
    text: str,
    jumps: object,
    buttons: list[list[str]],
    about: ConversationId | None,
) -> None:
    port, person = ways[0]
    payload: dict[str, object] = {"text": text, "thread": "", "jumps": jumps, "buttons": buttons}
    if len(ways) > 1:
        payload["otherwise"] = list(ways[1])
    lane = f"{port}:{person}:private"
    outbox.queue(tx, Delivery(lane=lane, port=port, chat=person, op="notice", conversation_id=about, payload=payload))


def port_of(platform: str) -> str:
    """The port that posts on a desk of this platform."""
    return "slack" if platform == "slack" else "telegram-desk"
