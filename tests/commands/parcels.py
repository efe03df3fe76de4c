"""What the relay would hand to a port now, without one."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from bot.delivery.pack import Packer
from bot.delivery.ports import Body
from bot.delivery.posts import NotYet, Refused, Void
from bot.store import tables
from bot.store.lanes import Head
from bot.store.uow import Tx
from tests.commands.conftest import Shop


async def packed(shop: Shop, lane_begins: str, op: str = "words") -> list[Body | str]:
    """What would be sent now from lanes that begin so; why not, in words, where it can't."""

    def job(tx: Tx) -> list[Body | str]:
        found: list[Body | str] = []
        for row in tx.execute(tables.delivery.select().order_by(tables.delivery.c.id)).all():
            if row.op != op or not row.lane.startswith(lane_begins) or row.state != "pending":
                continue
            head = _head(row)
            try:
                found.append(Packer(tx, [head]).pack(head, tx.execute(_chat(row.lane)).scalar_one()).body)
            except (NotYet, Refused, Void) as why:
                found.append(str(why) or {NotYet: "not yet", Void: "nothing"}[type(why)])
        return found

    return list(await shop.does(job))


def _head(row: Any) -> Head:
    columns = {name: getattr(row, name) for name in Head.__slots__}
    return Head(**{**columns, "payload": json.loads(columns["payload"])})


def _chat(lane: str) -> Any:
    return select(tables.lane.c.chat).where(tables.lane.c.key == lane)
