"""Cards, words, notices and history as Block Kit: nothing a client writes can ping, format or break them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.delivery.ports import History, Notice, Words
from bot.domain.actions import Button, Verb
from bot.domain.card import CardView
from bot.domain.ids import Moment
from bot.domain.text import NAMELESS, RichText, clean_name, utf16_len
from bot.handlers.desks.slack.blocks import Message, draw_card, draw_history, draw_notice, draw_words, fit
from sandbox.slack.blocks import message_blocks
from sandbox.slack.text import pings_of
from tests.text_trees import fuzz, nasty_texts, trees

METHODS = ("chat.postMessage", "chat.postEphemeral", "chat.update")
DATE = re.compile(r"since <!date\^\d+\^\{date_short_pretty\} at \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC>")
LINK = "https://acme.slack.com/archives/C1/p2"
FAMILY = "👩\u200d👩\u200d👧\u200d👦"
NAMES = [
    "<!channel>",
    "<3</a>",
    "*bold* @here",
    "\u202eevil",
    "\u200b",
    "x" * 5000,
    "",
    "a\nb",
    FAMILY * 100,
    ":smile:",
    "&lt;",
    "\ud800",
]


def a_card(client: str = "Ann Lee", opening: RichText | None = None, **more: Any) -> CardView:
    words: dict[str, Any] = {
        "logo": "✈️",
        "channel": "Shop bot",
        "marks": "🆕",
        "status": "⚪ Unassigned",
        "time_word": "since",
        "time": Moment(1_700_000_000_000),
        "group": "🟦 Sales",
        "responsible": None,
        "buttons": (Button(Verb.START, "Start conversation", "7.1", "primary"), Button(Verb.CLOSE, "Close", "7.1", "danger")),
    }
    return CardView(client=client, opening=RichText.plain("hello") if opening is None else opening, **{**words, **more})


def walk(value: Any) -> list[dict[str, Any]]:
    """Every object in the blocks."""
    if isinstance(value, list | tuple):
        return [found for part in value for found in walk(part)]
    if isinstance(value, dict):
        return [value, *[found for part in value.values() for found in walk(part)]]
    return []


def harmless(message: Message) -> None:
    """Slack takes it, nobody is pinged, and no person's words stand in mrkdwn."""
    for method in METHODS:
        for plain in (False, True):
            shown = message.arguments(method, plain=plain)
            assert not {"link_names", "as_user"} & set(shown)
            assert shown.get("parse", "none") == "none"
            assert shown["text"].strip()
            assert not re.search(r"<(?!!date)", shown["text"])
            assert len(shown["text"]) <= (4000 if method == "chat.update" else 40_000)
            message_blocks(shown.get("blocks", []), lambda: "new")
            assert pings_of(shown["text"], shown.get("blocks")) == []
            json.dumps(shown).encode()
    Block.parse_all(list(message.blocks))
    for found in walk(message.blocks):
        if found.get("type") == "mrkdwn":
            assert DATE.fullmatch(found["text"])
        assert found.get("type") not in ("markdown", "user", "usergroup", "broadcast", "channel")


def header(message: Message) -> str:
    return str(message.blocks[0]["text"]["text"])


def test_a_card_is_calm_and_says_what_it_must() -> None:
    message = draw_card(a_card(responsible="Olga", pointer="Earlier thread", link=LINK), "12")
    head, context, opening, pointer, actions = message.blocks
    assert head["text"] == {"type": "plain_text", "text": "✈️ Ann Lee · Shop bot  🆕", "emoji": False}
    assert [element["text"] for element in context["elements"]] == [
        "⚪ Unassigned",
        "since <!date^1700000000^{date_short_pretty} at {time}|2023-11-14 22:13 UTC>",
        "🟦 Sales",
        "👤 Olga",
    ]
    assert opening["elements"][0]["elements"] == [{"type": "text", "text": "hello"}]
    assert pointer["elements"][0]["elements"][-1] == {
        "type": "link",
        "url": LINK,
        "text": "open",
    }
    start, close = actions["elements"]
    assert (start["action_id"], start["value"], start["style"]) == ("start", "start:7.1", "primary")
    assert (close["action_id"], close["style"]) == ("close", "danger")
    assert message.text == "✈️ Ann Lee · ⚪ Unassigned\nhello\nEarlier thread"


def test_an_update_bears_new_block_ids_and_drops_no_blocks() -> None:
    first, second = draw_card(a_card(), "1"), draw_card(a_card(), "2")
    assert not {block["block_id"] for block in first.blocks} & {block["block_id"] for block in second.blocks}
    assert first.arguments("chat.update")["blocks"]


def test_a_card_without_anything_optional() -> None:
    message = draw_card(a_card(opening=RichText(), buttons=(), group="", marks="", channel=""), "1")
    assert [block["type"] for block in message.blocks] == ["header", "context"]
    harmless(message)


@pytest.mark.parametrize("name", NAMES)
def test_F50_a_clients_name_leaves_the_header_intact(name: str) -> None:
    card = draw_card(a_card(name), "1")
    harmless(card)
    harmless(draw_words(Words(name, "client", (RichText.plain("hi"),)), "1"))
    shown = header(card)
    assert shown.startswith("✈️ ")
    assert shown.endswith(" · Shop bot  🆕")
    assert utf16_len(shown) <= 150
    assert shown.removeprefix("✈️ ").split(" · Shop")[0].rstrip("…") in clean_name(name) or not name
    assert (clean_name(name) == NAMELESS) == (name in ("", "\u200b"))


@fuzz
@given(nasty_texts, trees, nasty_texts, nasty_texts, st.integers(0, 4_000_000_000_000))
def test_F49_no_card_pings(name: str, opening: RichText, responsible: str, pointer: str, since: int) -> None:
    harmless(draw_card(a_card(name, opening, responsible=responsible, pointer=pointer, link=pointer, time=Moment(since)), "1"))


@fuzz
@given(nasty_texts, st.lists(trees, min_size=1, max_size=3), st.sampled_from(("client", "operator", "note")))
def test_F49_no_words_ping(name: str, parts: list[RichText], kind: str) -> None:
    message = draw_words(Words(name, kind, tuple(parts)), "1")
    harmless(message)
    assert message.username
    assert len(message.username) <= 80


@fuzz
@given(nasty_texts, st.lists(st.tuples(nasty_texts, nasty_texts), max_size=30))
def test_F49_no_history_pings(title: str, lines: list[tuple[str, str]]) -> None:
    harmless(draw_history(History(title, tuple(lines)), "1"))
    harmless(draw_notice(Notice(title, buttons=tuple(Button(Verb.RETRY, label, "1") for label, _ in lines)), "1"))


@fuzz
@given(st.text(min_size=1, max_size=200).filter(lambda text: "\x00" not in text))
def test_F49_visible_text_equals_what_was_written(text: str) -> None:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    (block,) = draw_words(Words("Ann", "client", (RichText.plain(text),)), "1").blocks
    assert "".join(e["text"] for part in block["elements"] for e in part["elements"]) == whole


class TestWords:
    def test_a_client_speaks_under_the_own_name(self) -> None:
        shown = draw_words(Words("Ann", "client", (RichText.plain("a"), RichText.plain("b"))), "1").arguments("chat.postMessage")
        assert (shown["username"], shown["icon_emoji"]) == ("Ann", ":bust_in_silhouette:")
        assert shown["text"] == "a\nb"
        assert (shown["unfurl_links"], shown["unfurl_media"]) == (False, False)

    def test_an_operator_of_the_other_desk_is_told_apart(self) -> None:
        assert draw_words(Words("Olga", "operator", (RichText.plain("a"),)), "1").username == "Olga (Telegram)"
        assert len(draw_words(Words("x" * 200, "operator", (RichText.plain("a"),)), "1").username) <= 80

    def test_a_note_bears_its_lock(self) -> None:
        message = draw_words(Words("Olga", "note", (RichText.plain("call back"),)), "1")
        assert message.text == "🔒 call back"
        assert message.icon == "lock"

    def test_an_update_can_not_change_the_name(self) -> None:
        shown = draw_words(Words("Ann", "client", (RichText.plain("a"),)), "1").arguments("chat.update")
        assert not {"username", "icon_emoji", "unfurl_links"} & set(shown)

    def test_plain_text_is_whole_escaped_and_unformatted(self) -> None:
        long = "<&>*b* " * 1500
        shown = draw_words(Words("Ann", "client", (RichText.plain(long),)), "1").arguments("chat.postMessage", plain=True)
        assert shown["text"] == long.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert shown["mrkdwn"] is False
        assert "blocks" not in shown


class TestHistory:
    def test_lines_are_quotes_in_order(self) -> None:
        message = draw_history(History("Earlier words", (("Ann", "one"), ("Olga", "two"))), "1")
        title, ann, olga = message.blocks[0]["elements"]
        assert title["elements"][0]["text"].strip() == "Earlier words"
        assert [part["type"] for part in (ann, olga)] == ["rich_text_quote"] * 2
        assert [element["text"] for element in ann["elements"]] == ["Ann\n", "one"]

    def test_a_long_one_keeps_the_newest(self) -> None:
        lines = tuple((f"A{number}", "x" * 5000) for number in range(100))
        words = draw_history(History("Earlier", lines), "1").words
        assert "A99" in words
        assert "A1\n" not in words
        assert "…" in words
        assert len(words) < 9000


def test_buttons_of_one_verb_stay_apart() -> None:
    buttons = tuple(Button(Verb.RETRY, f"Retry {number}", str(number)) for number in range(30))
    message = draw_notice(Notice("What now?", buttons=buttons), "1")
    _, first, second = message.blocks
    assert [element["action_id"] for element in first["elements"][:2]] == ["retry", "retry.1"]
    assert len(second["elements"]) == 5
    harmless(message)


@given(nasty_texts, st.integers(2, 50))
def test_fit_never_exceeds(text: str, limit: int) -> None:
    assert utf16_len(fit(text, limit)) <= limit
    assert fit(text, limit) == text or fit(text, limit).endswith("…")
