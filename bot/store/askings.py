"""Forms that are being asked field by field: one at a time for each person on a platform."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select

from bot.domain.ids import Moment
from bot.domain.people import Actor
from bot.store.tables import asking
from bot.store.uow import Tx

Values = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A form on its way.

    ``data``       the form's verb and token, from which it can be made again
    ``field``      what is asked now; empty when only a confirmation is awaited
    ``turn``       counts up with each question, so that what was shown for an earlier one is not taken for this one's
    ``values``     what was answered, ``errors`` what was wrong with it, by field name
    ``picked``     what is ticked now; None when nothing was touched yet
    ``page``       of the choices; ``typed`` letters that narrow them
    ``prompt_id``  the message a reply to which is the answer; ``keys_id`` the message with the buttons; empty when not yet known
    ``at``         when the question was asked
    """

    platform: str
    external_id: str
    chat: str
    thread: str
    data: str
    at: Moment
    turn: int
    field: str = ""
    values: Values = dataclasses.field(default_factory=dict)
    errors: Mapping[str, str] = dataclasses.field(default_factory=dict)
    picked: tuple[str, ...] | None = None
    page: int = 0
    typed: str = ""
    prompt_id: str = ""
    keys_id: str = ""


_OF = select(asking).where(asking.c.platform == bindparam("platform"), asking.c.external_id == bindparam("external_id"))


def of(tx: Tx, actor: Actor) -> Asking | None:
    """What this person is being asked, however old."""
    row = tx.execute(_OF, {"platform": actor.platform, "external_id": actor.external_id}).first()
    if row is None:
        return None
    kept = json.loads(row.answers)
    picked = kept["picked"]
    return Asking(
        platform=row.platform,
        external_id=row.external_id,
        chat=row.chat,
        thread=row.thread,
        data=row.data,
        at=Moment(row.at),
        turn=kept["turn"],
        field=row.field,
        values={name: tuple(values) for name, values in kept["values"].items()},
        errors=kept["errors"],
        picked=None if picked is None else tuple(picked),
        page=kept["page"],
        typed=kept["typed"],
        prompt_id=row.prompt_id,
        keys_id=kept["keys"],
    )


def save(tx: Tx, one: Asking) -> None:
    """Keep it; what the person was asked before gives way."""
    answers = {
        "turn": one.turn,
        "values": {name: list(values) for name, values in one.values.items()},
        "errors": dict(one.errors),
        "picked": None if one.picked is None else list(one.picked),
        "page": one.page,
        "typed": one.typed,
        "keys": one.keys_id,
    }
    values = {
        "chat": one.chat,
        "thread": one.thread,
        "data": one.data,
        "answers": json.dumps(answers, ensure_ascii=False),
        "field": one.field,
        "prompt_id": one.prompt_id,
        "at": one.at,
    }
    fresh = tx.upsert(asking).values(platform=one.platform, external_id=one.external_id, **values)
    tx.execute(fresh.on_conflict_do_update(index_elements=["platform", "external_id"], set_=values))


def remove(tx: Tx, actor: Actor) -> None:
    """The person is asked nothing any more."""
    tx.execute(delete(asking).where(asking.c.platform == actor.platform, asking.c.external_id == actor.external_id))
