"""The journal's facts as a person reads them: what the store keeps stays English, known words are said in every language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.capabilities import CHANNELS
from bot.domain.phrase import Phrase, joined
from bot.domain.privacy import masked

DETAIL_LONGEST = 200
_DEEDS = (
    Phrase("arrived"),
    Phrase("asked for a chart of tags"),
    Phrase("asked for a link code"),
    Phrase("asked for a table of tags"),
    Phrase("asked for an e-mail"),
    Phrase("assigned"),
    Phrase("blocked us"),
    Phrase("changed a canned response"),
    Phrase("channel added"),
    Phrase("channel changed"),
    Phrase("closed"),
    Phrase("closed when idle"),
    Phrase("copies removed"),
    Phrase("deleted a canned response"),
    Phrase("deleted a message"),
    Phrase("deleted a note on the client"),
    Phrase("desk added"),
    Phrase("desk changed"),
    Phrase("detached"),
    Phrase("digest"),
    Phrase("e-mailed"),
    Phrase("edited"),
    Phrase("erased a client"),
    Phrase("group added"),
    Phrase("group changed"),
    Phrase("has another number"),
    Phrase("kept as a note"),
    Phrase("linked"),
    Phrase("made a canned response"),
    Phrase("mirror made anew"),
    Phrase("moved to another group"),
    Phrase("not delivered"),
    Phrase("noted on the client"),
    Phrase("operator added"),
    Phrase("operator changed"),
    Phrase("pinned"),
    Phrase("possible loss"),
    Phrase("refused"),
    Phrase("reminded"),
    Phrase("renamed the client"),
    Phrase("reopened"),
    Phrase("retried"),
    Phrase("returned"),
    Phrase("returned by the clock"),
    Phrase("role added"),
    Phrase("role changed"),
    Phrase("sent a held text"),
    Phrase("sent to the black list"),
    Phrase("set language"),
    Phrase("set quiet hours"),
    Phrase("started"),
    Phrase("tagged"),
    Phrase("taken back"),
    Phrase("taken over"),
    Phrase("team applied"),
    Phrase("told that we are away"),
    Phrase("topic unconfirmed"),
    Phrase("unblocked us"),
    Phrase("unlocked"),
    Phrase("untagged"),
    Phrase("wrote first"),
)
_NAMES = (
    Phrase("author"),
    Phrase("because"),
    Phrase("changed"),
    Phrase("changes"),
    Phrase("chat"),
    Phrase("closed"),
    Phrase("conversations"),
    Phrase("copies"),
    Phrase("days"),
    Phrase("delivery"),
    Phrase("desk"),
    Phrase("failed"),
    Phrase("group"),
    Phrase("idle"),
    Phrase("language"),
    Phrase("left"),
    Phrase("letters"),
    Phrase("message"),
    Phrase("messages"),
    Phrase("name"),
    Phrase("notes"),
    Phrase("number"),
    Phrase("op"),
    Phrase("operator"),
    Phrase("pinned to"),
    Phrase("platform"),
    Phrase("proof"),
    Phrase("quiet"),
    Phrase("reason"),
    Phrase("receipt"),
    Phrase("set"),
    Phrase("since"),
    Phrase("source"),
    Phrase("tags"),
    Phrase("taken from"),
    Phrase("title"),
    Phrase("to"),
    Phrase("unassigned"),
    Phrase("waited"),
    Phrase("why"),
)
_WAYS = (
    Phrase("Client"),
    Phrase("System"),
    Phrase("button"),
    Phrase("command"),
    Phrase("form"),
    Phrase("home"),
    Phrase("inline"),
    Phrase("reaction"),
    Phrase("shortcut"),
    Phrase("text"),
    Phrase("widget"),
)
_STATUSES = (Phrase("unassigned"), Phrase("inbox"), Phrase("closed"))
_WHO = (Phrase("client"), Phrase("command line"))
_SWITCHED_OFF = " was switched off"


def _table(phrases: Iterable[Phrase]) -> Mapping[str, Phrase]:
    return {str(one): one for one in phrases}


DEEDS, NAMES, WAYS, STATUSES, WHO = map(_table, (_DEEDS, _NAMES, _WAYS, _STATUSES, _WHO))


def deed(what: str) -> str:
    """What was done."""
    return DEEDS.get(what) or masked(what)


def who(name: str, way: str) -> str:
    """Who did it; people's names stay as they are."""
    return (WHO.get(name) if way.startswith(("system", "client")) else None) or masked(name)


def way(kept: str) -> str:
    """Where from: ``slack:button`` as ``Slack button``."""
    platform, _, door = kept.partition(":")
    where = WAYS.get(platform.capitalize(), platform.capitalize())
    through = WAYS.get(door) or (CHANNELS[door].name if door in CHANNELS else door)
    return Phrase("{platform} {door}", platform=where, door=through) if door else where


def details(known: Mapping[str, object]) -> str:
    """All that is kept about it, in one line. Too long a line ends somewhere, and is as the store has it."""
    parts: list[str] = []
    before, after = known.get("before"), known.get("after")
    if before and after:
        parts.append(joined(" → ", [_status(before), _status(after)]))
        known = {name: value for name, value in known.items() if name not in ("before", "after")}
    parts += [joined(": ", [_name(name), _value(name, value)]) for name, value in known.items() if value not in ("", None)]
    words = joined(", ", parts)
    return words if len(words) <= DETAIL_LONGEST else masked(words[: DETAIL_LONGEST - 1] + "…")


def _status(value: object) -> str:
    return STATUSES.get(str(value)) or masked(str(value))


def _name(name: str) -> str:
    spaced = name.replace("_", " ")
    return NAMES.get(spaced, spaced)


def _value(name: str, value: object) -> str:
    words = str(value)
    if name == "before":
        return _status(value)
    if name == "because" and words.endswith(_SWITCHED_OFF):
        return Phrase("{name} was switched off", name=masked(words.removesuffix(_SWITCHED_OFF)))
    return masked(words)
