"""Search on both engines: beginnings of words in any script, trimmed to what one may see (R85, R86), by index."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update

from bot.domain.conversation import Direction, Status
from bot.domain.folding import around, beginnings_of, fold, words_of
from bot.domain.ids import ClientId, ConversationId, MessageId, Moment, OperatorId
from bot.domain.text import RichText
from bot.store import messages, search, tables, words
from bot.store.engine import Store
from bot.store.uow import Tx
from tests.store.test_lists import (
    BOSS,
    HELP,
    OLGA,
    PETER,
    QUINN,
    SALES,
    a_team,
    button,
    by_button,
    by_word,
    names,
    press,
    shown,
    talk,
)


def say(tx: Tx, conversation: int, *texts: str, direction: Direction = Direction.IN, **more: Any) -> list[int]:
    """Messages of a conversation."""
    last = (
        tx.execute(select(func.max(tables.message.c.seq)).where(tables.message.c.conversation_id == conversation)).scalar() or 0
    )
    said = []
    for seq, text in enumerate(texts, last + 1):
        body = RichText.plain(text)
        number = messages.add(
            tx,
            conversation_id=ConversationId(conversation),
            seq=seq,
            direction=direction,
            author="Somebody",
            body=body,
            at=Moment(tx.now),
            **more,
        )
        assert number is not None
        said.append(number)
    values = {"last_seq": last + len(texts)}
    tx.execute(update(tables.conversation).where(tables.conversation.c.id == conversation).values(values))
    return said


def named(tx: Tx, name: str, at: int = 1, status: Status = Status.UNASSIGNED, group: int = SALES, **more: Any) -> int:
    """A conversation whose client can be found by name."""
    number = talk(tx, name, at, status, group, **more)
    words.of_client(tx, ClientId(number), name)
    return number


def a_week(tx: Tx) -> None:
    a_team(tx)
    say(tx, named(tx, "Ann"), "I want a refund for order 4711")
    say(tx, named(tx, "Ben", group=HELP), "Where is my REFUND?", "hello")
    say(tx, named(tx, "Cleo", 2, Status.INBOX, operator_id=OLGA), "the refunds came, thank you")
    say(tx, named(tx, "Dan", 3, Status.INBOX, group=HELP, operator_id=PETER), "a refund, please")
    say(tx, named(tx, "Eve", 4, Status.CLOSED, operator_id=OLGA, closed_by=OLGA), "no refund came")
    say(tx, named(tx, "Finn", 5, Status.CLOSED, operator_id=OLGA, closed_by=PETER), "refunded at last")
    barred = named(tx, "Gus", 6)
    say(tx, barred, "refund or else")
    tx.execute(insert(tables.blacklist), {"client_id": barred, "operator_id": BOSS, "at": 1})


async def test_R85_R86_everybody_finds_what_he_may_see_and_the_way_there(store: Store) -> None:
    await store.write(a_week)
    assert names(await shown(store, OLGA, "search refund")) == ["Eve", "Cleo", "Ann"]
    assert names(await shown(store, PETER, "search refund")) == ["Dan", "Ben"]  # Finn he closed, but it is not of his group
    assert names(await shown(store, QUINN, "search refund")) == ["Ben", "Ann"]
    assert names(await shown(store, BOSS, "search refund")) == ["Gus", "Finn", "Eve", "Dan", "Cleo", "Ben", "Ann"]
    (row,) = (await shown(store, OLGA, "search 4711")).rows
    assert row.title == "🌐 Ann"
    assert row.detail.splitlines()[1] == "Somebody: I want a refund for order 4711"
    assert [(jump.chat, jump.thread) for jump in row.jumps] == [("C1", "t1")]
    assert [one.label for one in row.buttons] == ["Preview", "Start conversation"]


async def test_R86_many_conversations_are_trimmed_to_the_same_sight(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way of searching, for who may see a lot, must find the same."""
    monkeypatch.setattr(search, "FEW_TALKS", -1)
    monkeypatch.setattr(search, "ROWS", 2)
    await store.write(a_week)
    assert names(await shown(store, OLGA, "search refund")) == ["Eve", "Cleo", "Ann"]
    assert names(await shown(store, PETER, "search refund")) == ["Dan", "Ben"]
    assert names(await shown(store, QUINN, "search refund")) == ["Ben", "Ann"]
    assert names(await shown(store, OLGA, "search eve")) == ["Eve"]
    assert names(await shown(store, OLGA, "search finn")) == []


SCRIPTS = [
    ("Где мой ЗАКАЗ?", "заказ"),
    ("Ёлка зелёная", "елка зелен"),
    ("Ёжик в тумане", "ЁЖИ"),
    ("die große Straße", "STRASS"),
    ("Crème brûlée", "creme bru"),
    ("Καλημέρα σας", "καλημερα ΣΑΣ"),
    ("שָׁלוֹם לכולם", "שלום"),
    ("مرحبا بالعالم", "مرحبا"),
    ("मुझे सहायता चाहिए", "सहायता"),
    ("東京タワーの住所", "タワー"),
    ("안녕하세요", "안녕하"),
    ("Łódź and Øre", "lodz"),
    ("mail ann@example.com now", "example"),
    ("İstanbul'da", "istanbul"),
    ("ＷＩＤＥ words", "wide"),
    ("refunds are slow", "refund slo"),
]


async def test_R85_from_the_beginning_of_a_word_in_any_script(store: Store) -> None:
    def told(tx: Tx) -> None:
        a_team(tx)
        for number, (said, _) in enumerate(SCRIPTS):
            say(tx, named(tx, f"M{number}"), said, "something else")

    await store.write(told)
    for number, (_, typed) in enumerate(SCRIPTS):
        assert names(await shown(store, BOSS, f"search {typed}")) == [f"M{number}"], typed
        assert names(await shown(store, OLGA, f"search {typed}")) == [f"M{number}"], typed
        assert names(await shown(store, BOSS, f"search {typed} nowhere")) == []  # all words must be there
        assert names(await shown(store, BOSS, f"search {fold(typed)[1:]}xyz")) == []


async def test_R85_the_middle_of_a_word_is_not_its_beginning(store: Store) -> None:
    await store.write(a_week)
    assert names(await shown(store, BOSS, "search efund")) == []


async def test_R85_a_client_is_found_by_name_first_and_by_the_original_one(store: Store) -> None:
    def told(tx: Tx) -> None:
        a_team(tx)
        say(tx, named(tx, "Refund Lover"), "hello")
        say(tx, named(tx, "Ann"), "a refund")
        words.of_client(tx, ClientId(2), "Zoë", "Ann")

    await store.write(told)
    assert names(await shown(store, BOSS, "search refund")) == ["Refund", "Ann"]
    assert names(await shown(store, BOSS, "search zoe")) == ["Ann"]  # its row still bears the old name here
    assert names(await shown(store, BOSS, "search ann")) == ["Ann"]


async def test_R85_two_letters_are_refused_kindly(store: Store) -> None:
    await store.write(a_week)
    for typed in ("re", "a b c", "🎉🎉🎉", "!!!", "от"):
        answer = await store.write(by_word(OLGA, f"search {typed}"))
        assert answer.refused and answer.text.startswith("Please write at least 3 letters")
        filled = await store.write(by_button(OLGA, "search:ask", words=typed))
        assert filled.errors == {"words": answer.text}


async def test_R85_without_words_they_are_asked_for(store: Store) -> None:
    await store.write(a_week)
    asked = await store.write(by_word(OLGA, "search"))
    assert asked.form is not None
    assert names(await press(store, OLGA, asked.form.data, words="thank")) == ["Cleo"]


async def test_R85_pages_are_turned_and_an_older_search_says_so(store: Store) -> None:
    def many(tx: Tx) -> None:
        a_team(tx)
        for number in range(23):
            say(tx, named(tx, f"M{number}", number), "order one", "order two")

    await store.write(many)
    first = await shown(store, BOSS, "search order")
    assert names(first) == [f"M{number}" for number in range(22, 12, -1)]
    second = await press(store, BOSS, button(first, "More"))
    assert names(second) == [f"M{number}" for number in range(12, 2, -1)]
    third = await press(store, BOSS, button(second, "More"))
    assert names(third) == ["M2", "M1", "M0"]
    assert not [one for one in third.buttons if one.label.startswith("More")]
    assert names(await press(store, BOSS, button(third, "Back"))) == names(second)
    await shown(store, BOSS, "search something")
    old = await store.write(by_button(BOSS, button(first, "More")))
    assert old.refused and old.text.startswith("You have searched for something else since")


async def test_R25_a_held_text_is_found_by_its_author_alone_until_it_is_a_note(store: Store) -> None:
    def told(tx: Tx) -> int:
        a_team(tx)
        (number,) = say(tx, named(tx, "Ann"), "secret thoughts", direction=Direction.HELD, author_id=OperatorId(OLGA))
        return number

    number = await store.write(told)
    assert names(await shown(store, OLGA, "search secret")) == ["Ann"]
    assert names(await shown(store, BOSS, "search secret")) == names(await shown(store, QUINN, "search secret")) == []
    long_ago = update(tables.message).where(tables.message.c.id == number).values(at=1)
    await store.write(lambda tx: tx.execute(long_ago))
    assert names(await shown(store, BOSS, "search secret")) == names(await shown(store, QUINN, "search secret")) == ["Ann"]


async def test_R80_what_came_from_the_black_list_is_found_by_nobody(store: Store) -> None:
    def told(tx: Tx) -> None:
        a_team(tx)
        number = named(tx, "Ann")
        say(tx, number, "before it")
        say(tx, number, "unheard words", direction=Direction.UNHEARD)

    await store.write(told)
    assert names(await shown(store, BOSS, "search unheard")) == names(await shown(store, OLGA, "search unheard")) == []
    preview = await press(store, BOSS, "preview:1.1.all.1")
    assert "before it" in str(preview.rows) and "unheard words" not in str(preview.rows)


async def test_words_follow_changes_and_go_with_what_they_belong_to(store: Store) -> None:
    def told(tx: Tx) -> list[int]:
        a_team(tx)
        return say(tx, named(tx, "Ann"), "alpha", "beta", "gamma")

    alpha, beta, gamma = await store.write(told)
    await store.write(lambda tx: words.of_changed(tx, MessageId(alpha), RichText.plain("delta")))
    assert await count(store, "alpha") == 0
    assert await count(store, "delta") == 1
    await store.write(lambda tx: words.of_changed(tx, MessageId(alpha), RichText.plain("👍")))
    assert await count(store, "delta") == 0
    await store.write(lambda tx: words.forget(tx, [beta]))
    assert await count(store, "beta") == 0
    await store.write(lambda tx: tx.execute(delete(tables.message).where(tables.message.c.id == gamma)))
    assert await count(store, "gamma") == 0
    left = await store.read(lambda tx: tx.execute(select(func.count()).select_from(tables.message_words)).scalar())
    assert left == 0


async def count(store: Store, word: str) -> int:
    return len(await store.read(lambda tx: list(search._by_index(tx, boss(), "message", [word], 0))))


def boss() -> Any:
    from bot.domain.people import Operator

    return Operator(id=OperatorId(BOSS), name="Boss", email=None, rights=frozenset({"super_admin"}), groups=frozenset())


async def test_a_job_that_fails_leaves_no_words_and_its_neighbours_keep_theirs(store: Store) -> None:
    await store.write(a_team)
    number = await store.write(lambda tx: named(tx, "Ann"))

    def fails(tx: Tx) -> None:
        say(tx, number, "lost words")
        raise ValueError("no")

    import asyncio

    results = await asyncio.gather(
        store.write(fails), store.write(lambda tx: say(tx, number, "kept words")), store.write(fails), return_exceptions=True
    )
    assert [type(result) for result in results] == [ValueError, list, ValueError]
    assert await count(store, "lost") == 0
    assert await count(store, "kept") == 1


def test_words_are_folded_in_one_place() -> None:
    assert words_of("Straße, straße STRASSE") == ["strasse"]
    assert words_of("Ёж и йод") == ["еж", "и", "йод"]
    assert beginnings_of("ÄRGER am Мост") == ["arger", "am", "мост"]
    assert words_of("x" * 500) == ["x" * 64]
    assert words_of("👍 — !") == []


def test_the_piece_shows_where_the_word_stands() -> None:
    text = "word " * 40 + "I want my Rückgabe now " + "word " * 40
    piece = around(text, beginnings_of("ruckg"), 60)
    assert piece is not None and "I want my Rückgabe now" in piece and len(piece) <= 62
    assert piece.startswith("…") and piece.endswith("…")
    assert around("short text", ["text"]) == "short text"
    assert around("short text", ["ext"]) is None
