"""What a search will find: the words of messages and of clients' names, kept in the transaction that changes them (R85)."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete

from bot.domain.folding import words_of
from bot.domain.ids import ClientId, MessageId
from bot.domain.text import RichText
from bot.store.tables import client_words, message_words
from bot.store.uow import Tx, upsert


@cache
def _message(postgres: bool) -> Any:
    return _replacing(message_words, "message_id", postgres)


@cache
def _client(postgres: bool) -> Any:
    return _replacing(client_words, "client_id", postgres)


def _replacing(table: Any, key: str, postgres: bool) -> Any:
    row = upsert(table, postgres=postgres)
    return row.on_conflict_do_update(index_elements=[key], set_={"words": row.excluded.words})


def of_message(tx: Tx, message_id: MessageId, body: RichText) -> None:
    """A message came."""
    found = " ".join(words_of(body.to_plain()))
    if found:
        tx.last(_message(tx.postgres), {"message_id": message_id, "words": found})


def of_changed(tx: Tx, message_id: MessageId, body: RichText) -> None:
    """A message's words have changed."""
    forget(tx, [message_id])
    of_message(tx, message_id, body)


def of_client(tx: Tx, client_id: ClientId, *names: str) -> None:
    """A client came or was renamed; ``names`` are all that he is to be found by, the original one too."""
    tx.last(_client(tx.postgres), {"client_id": client_id, "words": " ".join(words_of(" ".join(names)))})


_FORGET = delete(message_words).where(message_words.c.message_id == bindparam("row_id"))


def forget(tx: Tx, message_ids: list[int]) -> None:
    """These messages are not to be found any more. Deleting a message, or a client, does it by itself."""
    if message_ids:
        tx.execute_many(_FORGET, [{"row_id": message_id} for message_id in message_ids])
