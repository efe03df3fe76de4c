"""Canned responses from the commands' side: typed, stacked, chosen and looked at, made and changed (R40-R44)."""

from __future__ import annotations

from sqlalchemy import update

from bot.commands.menu import token_of
from bot.domain.actions import Verb
from bot.domain.canned import stack_in
from bot.domain.conversation import Direction
from bot.domain.files import Attachment, FileKind, FileState
from bot.domain.screen import ChoiceField, Form, Screen
from bot.domain.text import BulletList, Paragraph, RichText, Span, Style
from bot.store import files, tables
from bot.store.uow import Tx
from tests.commands.conftest import Shop
from tests.commands.stall import Stall, labels, stall, store, stores

__all__ = ["stall", "store", "stores"]


async def keep(stall: Stall, who: str, title: str, body: str, token: str = "new") -> str:
    answer = await stall.data(who, f"template:{token}", {"title": [title], "body": [body]})
    return " ".join(answer.errors.values()) or answer.text


async def cupboard(stall: Stall) -> None:
    """Ada's for all, Olga's own; Olga has Ann's conversation."""
    assert await keep(stall, "ada", "Greet", "Hello {client}, this is {operator} of {group}.") == "Saved."
    assert await keep(stall, "ada", "Opening hours", "We are here from 9 to 5.") == "Saved."
    assert await keep(stall, "olga", "Bye", "Goodbye!") == "Saved."
    await stall.press("olga", Verb.START)


def screen_of(answer: object) -> Screen:
    screen = getattr(answer, "screen", None)
    assert isinstance(screen, Screen), answer
    return screen


async def test_R40_R44_a_word_expands_and_goes_to_the_client_with_its_variables(stall: Stall) -> None:
    await cupboard(stall)
    await stall.writes("olga", "\\greet")
    assert await stall.said() == [(Direction.OUT, "Hello Ann, this is Olga Ivanova of Sales.")]
    assert await stall.shown_to(Direction.OUT) == ["slack", "telegram-desk", "widget"]  # where \greet stands as well


async def test_R40_in_telegram_a_slash_does_as_well(stall: Stall) -> None:
    await cupboard(stall)
    for text in ("\\greet", "/greet", "/GREET", "/canned greet", "\\Greet "):
        await stall.writes("olga", text, "telegram")
    assert await stall.said() == [(Direction.OUT, "Hello Ann, this is Olga Ivanova of Sales.")] * 5


async def test_R40_a_slash_is_a_verb_first_and_no_word_in_slack(stall: Stall) -> None:
    await cupboard(stall)
    await keep(stall, "olga", "close", "We close.")
    await stall.writes("olga", "/greet")
    assert await stall.said() == [(Direction.OUT, "/greet")]
    await stall.writes("olga", "\\close")
    assert (await stall.said())[-1] == (Direction.OUT, "We close.")
    answer = await stall.writes("olga", "/close", "telegram")
    assert answer.text.startswith("Closed.")


async def test_R40_several_stack_with_own_words_in_order(stall: Stall) -> None:
    await cupboard(stall)
    for typed, sent in (
        ("\\greet thanks", "Hello Ann, this is Olga Ivanova of Sales.\n\nthanks"),
        ("\\bye \\opening-hours thank you", "Goodbye!\n\nWe are here from 9 to 5.\n\nthank you"),
        ("\\bye\nsee you\n\\opening-hours", "Goodbye!\n\nsee you\n\nWe are here from 9 to 5."),
        ("!canned bye \\opening-hours", "Goodbye!\n\nWe are here from 9 to 5."),
        ("see C:\\bye and \\bye", "see C:\\bye and \\bye"),
    ):
        await stall.writes("olga", typed)
        assert (await stall.said())[-1] == (Direction.OUT, sent)


async def test_R40_an_unknown_word_sends_nothing_and_names_the_nearest(stall: Stall) -> None:
    await cupboard(stall)
    answer = await stall.writes("olga", "\\bye \\greeet and more")
    told = "There is no canned response “\\greeet”, so nothing was sent. Did you mean \\greet?"
    assert (answer.refused, answer.text) == (True, told)
    assert (await stall.writes("olga", "\\xyzzy")).text.endswith("“Canned” in the menu shows all there are.")
    assert await stall.said() == []
    assert (await stall.writes("olga", "/greeet", "telegram")).refused  # a word that is neither
    assert await stall.said() == []


async def test_R25_R40_in_a_conversation_of_another_it_is_held_like_any_text(stall: Stall) -> None:
    await cupboard(stall)
    await keep(stall, "ben", "Greet", "Ben here, {client}.")
    await stall.writes("ben", "\\greet")
    assert await stall.said() == [(Direction.HELD, "Ben here, Ann.")]
    assert "widget" not in await stall.shown_to(Direction.HELD)
    _, question = (await stall.queued("notice"))[-1]
    assert question["only_for"] == "Uben"
    assert question["text"].endswith("\n\nBen here, Ann.")
    verb, _, token, _ = question["buttons"][0]
    await stall.data("ben", f"{verb}:{token}", place=await stall.place())
    assert await stall.said() == [(Direction.OUT, "Ben here, Ann.")]
    assert await stall.shown_to(Direction.OUT) == ["slack", "telegram-desk", "widget"]


async def test_F72_R40_one_that_begins_with_note_never_leaves(stall: Stall) -> None:
    await cupboard(stall)
    await keep(stall, "olga", "secret", "note: don't tell")
    await stall.writes("olga", "\\secret")
    assert await stall.said() == [(Direction.NOTE, "note: don't tell")]
    await stall.writes("olga", "note: \\greet")
    assert (await stall.said())[-1] == (Direction.NOTE, "note: \\greet")


async def test_R44_words_of_a_client_are_never_taken_for_a_variable(stall: Stall) -> None:
    await cupboard(stall)
    await stall.client_says("hi", "{operator}")
    await stall.press("olga", Verb.START, client="{operator}")
    await stall.writes("olga", "\\greet", client="{operator}")
    assert (await stall.said("{operator}"))[0][1].startswith("Hello {Operator}, this is Olga")


async def test_R40_more_than_a_post_takes_goes_in_parts(stall: Stall) -> None:
    await cupboard(stall)
    await keep(stall, "olga", "long", "long words " * 270)
    await stall.writes("olga", "\\long \\long \\long")
    assert len((await stall.said())[0][1]) > 8000
    lanes = await stall.shown_to(Direction.OUT)
    assert (lanes.count("widget"), lanes.count("telegram-desk"), lanes.count("slack")) == (2, 3, 4)


def field(form: Form | None, name: str = "pick") -> ChoiceField:
    assert form is not None
    return next(one for one in form.fields if isinstance(one, ChoiceField) and one.name == name)


async def test_R40_R44_chosen_looked_at_with_variables_and_sent_once(stall: Stall) -> None:
    await cupboard(stall)
    options = field((await stall.press("olga", Verb.CANNED)).form).options
    assert [one.label.split(" — ")[0] for one in options] == ["Bye", "Greet", "Opening hours"]
    assert [one.text for one in options] == ["\\bye", "\\greet", "\\opening-hours"]
    picked = [options[1].value, options[0].value]
    preview = screen_of(await stall.press("olga", Verb.CANNED, values={"pick": picked, "own": ["  see you  "]}))
    text = "Hello Ann, this is Olga Ivanova of Sales.\n\nGoodbye!\n\nsee you"
    assert (preview.title, preview.intro, labels(preview.buttons)) == ("Preview", text, ["Send", "Back"])
    assert await stall.said() == []
    send, back = preview.buttons
    form = (await stall.data("olga", back.data, place=await stall.place())).form
    assert list(field(form).chosen) == picked
    assert form is not None
    assert [getattr(one, "value", "") for one in form.fields][1] == "see you"
    await keep(stall, "ada", "Greet", "Changed meanwhile.", options[1].value)
    assert (await stall.data("olga", send.data, place=await stall.place())).text == "Sent to the client."
    assert await stall.said() == [(Direction.OUT, text)]
    assert await stall.shown_to(Direction.OUT) == ["slack", "telegram-desk", "widget"]
    again = await stall.data("olga", send.data, place=await stall.place())
    assert (again.refused, again.text) == (True, "This preview was already sent, or it is too old. Please choose again.")
    assert len(await stall.said()) == 1


async def test_R25_R40_only_who_has_the_conversation_chooses_and_sends(stall: Stall) -> None:
    await cupboard(stall)
    answer = await stall.press("olga", Verb.CANNED, values={"pick": [], "own": ["mine"]})
    send = screen_of(answer).buttons[0]
    assert (await stall.press("ben", Verb.CANNED)).text == "Only Olga Ivanova, who has this conversation, can do that."
    assert "Canned" not in labels(screen_of(await stall.press("ben", Verb.MORE)).buttons)
    assert "Canned" in labels(screen_of(await stall.press("olga", Verb.MORE)).buttons)
    await stall.press("ben", Verb.TAKE_OVER)
    assert (await stall.data("olga", send.data, place=await stall.place())).refused
    forged = await stall.data("ben", send.data, place=await stall.place())  # another's preview
    assert (forged.refused, forged.text) == (True, "This preview was already sent, or it is too old. Please choose again.")
    await stall.press("ben", Verb.CLOSE)
    assert (await stall.press("ben", Verb.CANNED)).text.startswith("Nobody has this conversation yet.")
    assert await stall.said() == []


async def test_R40_nothing_chosen_and_what_is_another_operators(stall: Stall) -> None:
    await cupboard(stall)
    await keep(stall, "ben", "Mine", "Ben's own.")
    empty = await stall.press("olga", Verb.CANNED, values={"pick": [], "own": ["  "]})
    assert empty.errors == {"pick": "Choose a canned response, or write something."}
    for number in ("4", "99", "x"):
        answer = await stall.press("olga", Verb.CANNED, values={"pick": [number], "own": [""]})
        assert answer.refused
    assert (await stall.writes("olga", "\\mine")).refused


async def test_R41_a_super_admins_are_for_all_and_an_operators_for_himself(stall: Stall) -> None:
    await cupboard(stall)
    await keep(stall, "olga", "greet", "Olga's own hello.")
    assert await stall.offered("ben", "canned", "") == [
        "Greet — Hello {client}, this is {operator} of {group}.",
        "Opening hours — We are here from 9 to 5.",
    ]
    assert await stall.offered("olga", "canned", "gre") == ["greet — Olga's own hello."]  # one's own comes before a shared one
    assert await stall.offered("olga", "canned", "9 TO") == ["Opening hours — We are here from 9 to 5."]
    await stall.writes("olga", "\\greet")
    assert (await stall.said())[-1] == (Direction.OUT, "Olga's own hello.")


async def test_R42_R43_made_changed_and_deleted(stall: Stall) -> None:
    await cupboard(stall)
    screen = screen_of(await stall.desk("olga", "templates"))
    assert [row.title for row in screen.rows] == ["Bye · \\bye", "👥 Greet · \\greet", "👥 Opening hours · \\opening-hours"]
    assert [labels(row.buttons) for row in screen.rows] == [["Change…", "Delete…"], [], []]
    mine = screen.rows[0].buttons
    form = (await stall.data("olga", mine[0].data)).form
    assert form is not None
    assert [getattr(one, "value", None) for one in form.fields] == ["Bye", "Goodbye!", ""]
    assert await keep(stall, "olga", "Farewell", "So long.", form.token) == "Saved."
    await stall.writes("olga", "\\farewell")
    assert (await stall.said())[-1] == (Direction.OUT, "So long.")
    sure = screen_of(await stall.data("olga", mine[1].data))
    assert labels(sure.buttons) == ["Delete", "Back"]
    assert (await stall.data("olga", sure.buttons[0].data)).text == "Deleted."
    assert (await stall.data("olga", sure.buttons[0].data)).refused
    assert len(screen_of(await stall.desk("olga", "templates")).rows) == 2
    done = [line for line in await stall.journal() if line.startswith("Olga") and "canned" in line]
    assert [line.split(": ")[1].split()[0] for line in done] == ["made", "changed", "deleted"]


async def test_R41_R43_shared_ones_are_changed_by_a_super_admin_alone(stall: Stall) -> None:
    await cupboard(stall)
    token = screen_of(await stall.desk("ada", "templates")).rows[0].buttons[0].token
    answer = await stall.data("olga", f"template:{token}", {"title": ["Greet"], "body": ["mine now"]})
    assert (answer.refused, answer.text) == (True, "Only an admin can change what all operators use.")
    assert (await stall.data("olga", f"template:{token}.surely")).refused
    assert (await stall.data("ben", "template:3")).refused  # Olga's own
    assert (await stall.data("ada", "template:3.surely")).refused
    assert await keep(stall, "ada", "Greet", "Hi {client}", token) == "Saved."


async def test_R42_R44_what_is_refused_when_saving(stall: Stall) -> None:
    await cupboard(stall)
    for title, body, told in (
        ("Greet", "hello {name}", "I don't know {name}. You can use {client}, {operator}, {group}."),
        ("Greet", "  ", "Write the words it stands for."),
        ("", "hello", "Give it a title to call it by, e.g. greeting."),
        ("\\", "hello", "Give it a title to call it by, e.g. greeting."),
        ("x" * 61, "hello", "A title has at most 60 characters."),
        ("ok", "x" * 3001, "A canned response has at most 3000 characters."),
        ("bye", "hello", "There is one called “bye” already. Choose another title."),
        (" BYE ", "hello", "There is one called “BYE” already. Choose another title."),
        ("Greet", '{ "json": {} }', "Saved."),
        ("\\two words\n", "x" * 3000, "Saved."),
    ):
        assert await keep(stall, "olga", title, body) == told


async def test_R43_pages(stall: Stall) -> None:
    for number in range(12):
        await keep(stall, "olga", f"t{number:02}", "words")
    first = screen_of(await stall.desk("olga", "templates"))
    following = next(one for one in first.buttons if one.label == "Next →")
    second = screen_of(await stall.data("olga", following.data))
    assert [len(first.rows), len(second.rows)] == [10, 2]
    assert labels(second.buttons) == ["New", "← Previous"]


async def bear(stall: Stall, title: str, size: int, state: FileState = FileState.HERE) -> None:
    """Let the canned response bear a file, as if it had been fetched."""

    def job(tx: Tx) -> None:
        number = files.keep(
            tx, Attachment(kind=FileKind.DOCUMENT, name="film.mp4", size=size, source="slack"), told=("slack", "U")
        )
        files.finish(tx, number, size=size, chunks=0, mime="video/mp4")
        tx.execute(update(tables.file).values(state=state.value))
        tx.execute(update(tables.canned).where(tables.canned.c.title == title).values(file_id=number))

    await stall.does(job)


async def test_R44_a_file_the_channel_does_not_take_is_refused_before_anything_goes(stall: Stall) -> None:
    await cupboard(stall)
    await bear(stall, "Greet", 30 << 20)
    refusal = "Nothing was sent. “film.mp4” has 30 MB; Website chat takes at most 20 MB."
    assert (await stall.writes("olga", "\\greet")).text == refusal
    assert await stall.said() == []
    number = token_of(await stall.talk())
    answer = await stall.data("olga", f"canned:{number}", {"pick": ["1"], "own": [""]})
    assert answer.text == refusal


async def test_R40_R44_several_chosen_go_with_all_their_files_once(stall: Stall) -> None:
    await cupboard(stall)
    await bear(stall, "Greet", 100)
    await bear(stall, "Bye", 200)
    screen = screen_of(await stall.data("olga", f"canned:{token_of(await stall.talk())}", {"pick": ["1", "3"], "own": ["soon"]}))
    assert screen.intro.count("📎 film.mp4 (1 kB)") == 2
    assert (await stall.data("olga", screen.buttons[0].data)).text == "Sent to the client."
    assert (await stall.data("olga", screen.buttons[0].data)).refused
    words = "📎 film.mp4 (1 kB)\nHello Ann, this is Olga Ivanova of Sales.\n\nGoodbye!\n\nsoon"
    assert await stall.said() == [(Direction.OUT, words), (Direction.OUT, "📎 film.mp4 (1 kB)")]


async def test_R44_what_is_still_on_its_way_or_was_refused_sends_nothing(stall: Stall) -> None:
    await cupboard(stall)
    await bear(stall, "Greet", 100, FileState.WANTED)
    told = (await stall.writes("olga", "\\greet")).text
    assert told == "The file of “Greet” is not here yet, so nothing was sent. Please try again in a moment."
    await bear(stall, "Greet", 100, FileState.REFUSED)
    assert "so nothing was sent. Take the file out" in (await stall.writes("olga", "\\greet")).text
    assert await stall.said() == []


def test_R31_R40_own_words_keep_their_looks() -> None:
    bold = Span("very", frozenset({Style.BOLD}))
    text = RichText((Paragraph((Span("\\greet \\hours "), bold, Span(" glad"))), BulletList((Paragraph((Span("one"),)),))))
    stack = stack_in(text, lambda word: False)
    assert stack is not None
    assert stack.words == ("greet", "hours")
    assert stack.parts[-1] == RichText((Paragraph((bold, Span(" glad"))), BulletList((Paragraph((Span("one"),)),))))
    assert stack_in(RichText.plain("\\\\server\\share"), lambda word: False) is None
    assert stack_in(RichText.plain("\\"), lambda word: False) is None


async def test_R43_where_there_are_none_the_form_says_how_to_make_some(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    form = (await shop.press("olga", Verb.CANNED)).form
    assert form is not None and form.intro == "There are none yet. Write /desk templates to make some."
