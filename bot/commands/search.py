"""Search by client name and message text (R85, R86)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2s

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Context, Desk
from bot.domain.actions import Button, Verb
from bot.domain.errors import OldSearch, SearchTooShort
from bot.domain.folding import around, beginnings_of
from bot.domain.listing import ASK, FOUND, PAGE, beside, found_row, parse_found, shortened
from bot.domain.phrase import Phrase
from bot.domain.screen import Form, Row, Screen, TextField
from bot.store import lists, messages, search
from bot.store.search import Hit
from bot.store.uow import Tx

SHORTEST = 3
"""Letters somebody must write of at least one word (R85)."""
MOST_WORDS = 8
LAST_PAGE = 20
HINT = Phrase("The beginning of a name, or of words that were said: at least 3 letters.")
FIELD = TextField(name="words", label=Phrase("Words to find"), hint=HINT, longest=100)


def look_for(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Find what was typed or filled in, turn a page of what was found, or ask what to find."""
    turned = parse_found(asked.token)
    if turned is not None and asked.values is None:
        words = search.remembered(tx, desk.operator)
        if _digest(words) != turned[1]:
            raise OldSearch
        return _found(tx, desk, words, turned[0])
    words = " ".join((asked.value("words") if asked.values is not None else asked.words).split())
    if not words and asked.values is None:
        return Answer(form=Form(verb=Verb.SEARCH, token=ASK, title=Phrase("Search"), fields=(FIELD,), submit=Phrase("Search")))
    return _found(tx, desk, words, 1)


def _found(tx: Tx, desk: Desk, words: str, page: int) -> Answer:
    beginnings = beginnings_of(words)[:MOST_WORDS]
    if not any(len(one) >= SHORTEST for one in beginnings):
        raise SearchTooShort
    if page == 1:
        search.remember(tx, desk.operator, words)
    page = min(page, LAST_PAGE)
    hits = search.find(tx, desk.operator, beginnings, page * PAGE + 1)
    token = f"{FOUND}.{page}.{_digest(words)}"
    shown = hits[(page - 1) * PAGE : page * PAGE]
    return Answer(
        screen=Screen(
            title=Phrase("Search: {words}", words=shortened(words, 40)),
            intro=Phrase("Page {page}", page=page) if page > 1 else "",
            rows=tuple(_rows(tx, desk, shown, beginnings, token)),
            empty=Phrase("Nothing was found among the conversations you can see."),
            buttons=_below(page, len(hits) > page * PAGE, _digest(words)),
        )
    )


def _rows(tx: Tx, desk: Desk, hits: list[Hit], beginnings: list[str], token: str) -> list[Row]:
    """What was found, each with the piece in which it was found."""
    said = messages.by_ids(tx, {hit.message_id for hit in hits if hit.message_id is not None})
    found: list[Row] = []
    for hit, entry in zip(hits, lists.entries(tx, [hit.conversation_id for hit in hits]), strict=True):
        one = said.get(hit.message_id) if hit.message_id is not None else None
        piece = around(one.body.to_plain(), beginnings) if one is not None else None
        if one is None:
            found.append(found_row(entry, "", beside(desk.operator, entry, token)))
        elif piece is not None:
            found.append(found_row(entry, f"{one.author}: {piece}", beside(desk.operator, entry, token)))
    return found


def _below(page: int, more: bool, digest: str) -> tuple[Button, ...]:
    found: list[Button] = []
    if page > 1:
        found.append(Button(Verb.SEARCH, Phrase("‹ Back"), f"{FOUND}.{page - 1}.{digest}"))
    if more and page < LAST_PAGE:
        found.append(Button(Verb.SEARCH, Phrase("More ›"), f"{FOUND}.{page + 1}.{digest}"))
    return (*found, Button(Verb.SEARCH, Phrase("Search…"), ASK))


def _digest(words: str) -> str:
    """Which search a button belongs to."""
    return blake2s(words.encode(errors="replace"), digest_size=4).hexdigest()


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.SEARCH: look_for}
