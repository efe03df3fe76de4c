"""Tags from the commands' side: naming, choosing, limits, counts and what is behind them (R60-R63)."""

from __future__ import annotations

import csv
import io

from bot.domain.actions import Verb
from bot.domain.screen import ChoiceField, Form
from bot.store import blobs
from tests.commands.stall import Stall, labels, stall, store, stores

__all__ = ["stall", "store", "stores"]


def choice(form: Form | None, name: str) -> ChoiceField:
    assert form is not None
    return next(one for one in form.fields if isinstance(one, ChoiceField) and one.name == name)


async def test_R60_a_word_tags_the_clients_newest_message(stall: Stall) -> None:
    await stall.client_says("where is my money?")
    await stall.writes("olga", "note: I look")
    assert (await stall.writes("olga", "!tag refund, vip")).text == "Tagged 1 message: #refund #vip"
    assert await stall.borne() == {"hello": [], "where is my money?": ["refund", "vip"], "note: I look": []}
    assert "Olga Ivanova: tagged" in await stall.journal()


async def test_R60_a_reply_and_a_shortcut_are_about_that_message(stall: Stall) -> None:
    post = await stall.client_says("first")
    await stall.client_says("second")
    assert (await stall.writes("olga", "/tag late", "telegram", reply_to=post)).text == "Tagged 1 message: #late"
    form = (await stall.shortcut("olga", post)).form
    offered = choice(form, "messages")
    assert [one.label for one in offered.options] == ["Ann: second", "Ann: first #late", "Ann: hello"]
    assert [one.label for one in offered.options if one.value in offered.chosen] == ["Ann: first #late"]
    assert form is not None
    _, _, first, last = form.token.split(".")
    again = (await stall.press("olga", Verb.TAG, first, last)).form  # asked field by field, it is made anew
    assert choice(again, "messages").chosen == offered.chosen
    refused = await stall.shortcut("olga", "99.9")
    assert (refused.refused, refused.text) == (True, "There is no message of this conversation there to tag.")


async def test_R60_R61_several_messages_and_a_new_tag_by_form(stall: Stall) -> None:
    await stall.writes("olga", "!tag refund")
    await stall.client_says("second")
    form = (await stall.press("olga", Verb.TAG)).form
    said, known = choice(form, "messages"), choice(form, "tags")
    assert [one.label for one in known.options] == ["#refund"]
    values = {"messages": [one.value for one in said.options], "tags": [known.options[0].value], "new": ["Late delivery"]}
    assert (await stall.press("olga", Verb.TAG, values=values)).text == "Tagged 2 messages: #refund #Late delivery"
    assert await stall.borne() == {"hello": ["refund", "Late delivery"], "second": ["refund", "Late delivery"]}
    assert await stall.offered("ben", "tags", "del") == ["#Late delivery"]
    assert await stall.offered("ben", "tags", "#REF") == ["#refund"]
    assert await stall.offered("ben", "tags", "%") == []
    assert (await stall.press("olga", Verb.TAG, values=values)).text == "Tagged already: #refund #Late delivery"


async def test_R61_equal_tags_are_one_however_they_are_written(stall: Stall) -> None:
    await stall.writes("olga", "!tag Refund")
    await stall.client_says("again")
    assert (await stall.writes("ben", "!tag #ＲＥＦＵＮＤ")).text == "Tagged 1 message: #Refund"
    assert await stall.offered("ben", "tags", "") == ["#Refund"]


async def test_R60_odd_names(stall: Stall) -> None:
    for words, told in (
        ("x" * 300, "A tag has at most 60 characters."),
        ("#", "Name at least one tag, e.g. refund."),
        (" , ,", "Name at least one tag, e.g. refund."),
        ("\u200b", "Name at least one tag, e.g. refund."),
        ("vi", "Tagged 1 message: #vi"),
        ("a\tb\u202e", "Tagged 1 message: #a b"),
        ("x" * 60, f"Tagged 1 message: #{'x' * 60}"),
    ):
        assert (await stall.press("olga", Verb.TAG, values={"messages": ["1"], "new": [words]})).text == told


async def test_R60_a_message_bears_twenty_tags_and_no_more(stall: Stall) -> None:
    await stall.writes("olga", "!tag " + ", ".join(f"t{number}" for number in range(20)))
    answer = await stall.writes("olga", "!tag one more")
    assert (answer.refused, answer.text) == (True, "A message can bear at most 20 tags.")
    assert await stall.offered("olga", "tags", "one more") == []
    assert (await stall.writes("olga", "!tag T7")).text == "Tagged already: #t7"


async def test_R60_only_messages_of_this_conversation_that_were_said(stall: Stall) -> None:
    await stall.client_says("mine", "bob")
    await stall.writes("ben", "not yet said")  # nobody has the conversation, so it is held
    form = (await stall.press("ben", Verb.TAG)).form
    assert [one.label for one in choice(form, "messages").options] == ["Ann: hello"]
    for number in ("2", "3", "999", "x"):
        answer = await stall.press("ben", Verb.TAG, values={"messages": [number], "new": ["refund"]})
        assert answer.errors == {"messages": "There is no message of this conversation there to tag."}


async def test_R6_R60_strangers_and_other_groups_may_not_tag(stall: Stall) -> None:
    assert (await stall.press("nobody", Verb.TAG)).refused
    assert (await stall.press("sue", Verb.TAG, values={"messages": ["1"], "new": ["refund"]})).refused
    assert await stall.borne() == {"hello": []}


async def test_R60_a_reaction_with_the_label_offers_the_form_to_that_person_alone(stall: Stall) -> None:
    post = await stall.client_says("tag me")
    before = len(await stall.queued("notice"))
    await stall.reacts("olga", post, "eyes")
    assert len(await stall.queued("notice")) == before
    await stall.reacts("olga", post, "🏷")
    _, payload = (await stall.queued("notice"))[-1]
    assert (payload["only_for"], payload["reply_to"], payload["text"]) == ("Uolga", post, "Which tag is it to bear?")
    verb, label, token, _ = payload["buttons"][0]
    assert (verb, label) == ("tag", "Tag this message…")
    offered = choice((await stall.data("olga", f"{verb}:{token}", place=await stall.place())).form, "messages")
    assert [one.label for one in offered.options if one.value in offered.chosen] == ["Ann: tag me"]


async def test_R60_a_preview_shows_the_tags(stall: Stall) -> None:
    await stall.writes("olga", "!tag refund, vip")
    screen = (await stall.press("olga", Verb.PREVIEW)).screen
    assert screen is not None
    assert screen.rows[0].title.endswith(" · #refund #vip")


async def test_R62_nothing_edits_or_deletes_a_tag(stall: Stall) -> None:
    await stall.writes("olga", "!tag refund")
    shown = [await stall.desk("ada", "tags"), (await stall.press("ada", Verb.MORE)), (await stall.press("ada", Verb.TAG))]
    words = " ".join(
        label.lower()
        for answer in shown
        if answer.screen
        for label in labels(
            [*answer.screen.buttons, *answer.screen.tabs, *(b for row in answer.screen.rows for b in row.buttons)]
        )
        if "tag" in label.lower()
    )
    assert not any(word in words for word in ("delete", "edit", "rename", "change", "remove"))


async def counted(stall: Stall, who: str, words: str) -> list[str]:
    screen = (await stall.desk(who, words)).screen
    assert screen is not None
    return [row.title for row in screen.rows]


async def tagged_shop(stall: Stall) -> None:
    """refund three times in Sales, by two operators, on two days; vip once in Support."""
    await stall.writes("olga", "!tag refund")
    await stall.client_says("please", "bob")
    await stall.writes("ben", "!tag refund", client="bob")
    await stall.client_says("help", "cy", "help")
    await stall.writes("sue", "!tag vip", client="cy")
    stall.days = 1
    await stall.client_says("again")
    await stall.writes("olga", "!tag refund")


async def test_R63_counts_per_tag_operator_group_channel_and_time(stall: Stall) -> None:
    await tagged_shop(stall)
    screen = (await stall.desk("ada", "tags")).screen
    assert screen is not None
    assert [row.title for row in screen.rows] == ["#refund — 3", "#vip — 1"]
    assert screen.intro == "The last 30 days · 4 tagged, 4 messages"
    expected = {
        "By operator": ["Olga Ivanova — 2", "Ben Carter — 1", "Sue Wong — 1"],
        "By group": ["🟢 Sales — 3", "🔵 Support — 1"],
        "By channel": ["site — 3", "help — 1"],
    }
    for tab in screen.tabs:
        answer = await stall.data("ada", tab.data)
        assert answer.screen is not None
        rows = [row.title for row in answer.screen.rows]
        if tab.label in expected:
            assert rows == expected[tab.label]
        if tab.label == "By day":
            assert [row.rpartition(" — ")[2] for row in rows] == ["1", "3"]
        if tab.label in ("By week", "By month"):
            assert sum(int(row.rpartition(" — ")[2]) for row in rows) == 4
    assert labels(screen.tabs) == ["By tag", "By operator", "By group", "By channel", "By day", "By week", "By month"]
    assert [row.rpartition(" — ")[2] for row in await counted(stall, "ada", "tags REFUND 7")] == ["1", "2"]
    assert await counted(stall, "ada", "tags vip 1") == []  # it was yesterday
    unknown = await stall.desk("ada", "tags refun")
    assert (unknown.refused, unknown.text) == (True, "No message bears the tag “refun”. Did you mean #refund?")


async def test_R3_R63_an_operator_counts_his_groups_alone(stall: Stall) -> None:
    await tagged_shop(stall)
    assert await counted(stall, "olga", "tags") == ["#refund — 3"]
    assert await counted(stall, "sue", "tags") == ["#vip — 1"]
    screen = (await stall.desk("ada", "tags")).screen
    assert screen is not None
    behind = [button for row in screen.rows for button in row.buttons if button.verb is Verb.TAGGED]
    for button, ada, olga in zip(behind, (3, 1), (3, 0), strict=True):
        for who, number in (("ada", ada), ("olga", olga)):
            answer = await stall.data(who, button.data)
            assert answer.screen is not None
            assert len(answer.screen.rows) == number
    await stall.moves_to("cy", "Sales")
    assert await counted(stall, "olga", "tags") == ["#refund — 3", "#vip — 1"]
    assert (await stall.desk("nobody", "tags")).refused
    assert (await stall.data("olga", "tagged:nonsense")).refused
    assert (await stall.data("olga", "tags:tag.t1.d30")).refused


async def test_R63_the_messages_behind_each_count_and_the_way_to_them(stall: Stall) -> None:
    await tagged_shop(stall)
    screen = (await stall.desk("olga", "tags")).screen
    assert screen is not None
    answer = await stall.data("olga", screen.rows[0].buttons[-1].data)
    assert answer.screen is not None
    rows = answer.screen.rows
    assert [row.title for row in rows] == ["Ann: again", "Bob: please", "Ann: hello"]
    assert rows[1].detail.startswith("#refund · by Ben Carter, ")
    place = await stall.place()
    assert (place.platform, place.chat, place.thread) in [(one.platform, one.chat, one.thread) for one in rows[0].jumps]
    back = await stall.data("olga", answer.screen.buttons[-1].data)
    assert back.screen == screen
    day = next(tab for tab in screen.tabs if tab.label == "By day")
    days = await stall.data("olga", day.data)
    assert days.screen is not None
    today = await stall.data("olga", days.screen.rows[0].buttons[0].data)
    assert today.screen is not None
    assert [row.title for row in today.screen.rows] == ["Ann: again"]


async def test_R63_pages_of_messages(stall: Stall) -> None:
    for number in range(12):
        await stall.client_says(f"m{number}")
        await stall.writes("olga", "!tag many")
    screen = (await stall.desk("olga", "tags")).screen
    assert screen is not None
    first = (await stall.data("olga", screen.rows[0].buttons[-1].data)).screen
    assert first is not None
    older = next(one for one in first.buttons if one.label == "Older →")
    second = (await stall.data("olga", older.data)).screen
    assert second is not None
    seen = [row.title for row in (*first.rows, *second.rows)]
    assert seen == [f"Ann: m{number}" for number in reversed(range(12))]
    assert "Older →" not in labels(second.buttons)


async def button(stall: Stall, who: str, label: str) -> str:
    screen = (await stall.desk(who, "tags")).screen
    assert screen is not None
    return next(one.data for one in screen.buttons if one.label == label)


async def test_R63_F54_a_table_in_which_no_cell_is_a_formula(stall: Stall) -> None:
    await tagged_shop(stall)
    await stall.client_says('=HYPERLINK("http://evil.example","x")', "mallory")
    await stall.press("olga", Verb.START, client="mallory")
    await stall.writes("olga", "!tag =1+1", client="mallory")
    answer = await stall.data("olga", await button(stall, "olga", "CSV"))
    assert answer.text == "The table comes to you in our direct messages."
    lane, payload = (await stall.queued("document"))[-1]
    assert (lane, payload["mime"]) == ("slack:Uolga:private", "text/csv")
    file = await stall.does(lambda tx: blobs.by_id(tx, payload["blob"]))
    lines = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert lines[0][:3] == ["tagged at (UTC)", "tag", "tagged by"]
    assert [line[1] for line in lines[1:]] == ["'=1+1", "refund", "refund", "refund"]
    assert lines[1][8] == '\'=HYPERLINK("http://evil.example","x")'


async def test_R63_a_chart_of_what_is_looked_at(stall: Stall) -> None:
    await tagged_shop(stall)
    answer = await stall.data("ada", await button(stall, "ada", "Chart"))
    assert answer.text == "The chart comes to you in our direct messages."
    chart = (await stall.queued("document"))[-1][1]["chart"]
    assert chart["title"] == "Tags by day"
    assert {name: sum(counts) for name, counts in chart["series"]} == {"#refund": 3, "#vip": 1}
    assert len(chart["labels"]) == 30 == len(chart["series"][0][1])
    screen = (await stall.desk("ada", "tags")).screen
    assert screen is not None
    tab = next(one for one in screen.tabs if one.label == "By operator")
    operators = (await stall.data("ada", tab.data)).screen
    assert operators is not None
    await stall.data("ada", next(one.data for one in operators.buttons if one.label == "Chart"))
    chart = (await stall.queued("document"))[-1][1]["chart"]
    assert chart["labels"] == ["Olga Ivanova", "Ben Carter", "Sue Wong"]
    assert chart["series"] == [["#refund", [2, 1, 0]], ["#vip", [0, 0, 1]]]


async def test_R63_many_tags_go_together_in_a_chart(stall: Stall) -> None:
    await stall.writes("olga", "!tag " + ", ".join(f"t{number:02}" for number in range(15)))
    await stall.data("olga", await button(stall, "olga", "Chart"))
    chart = (await stall.queued("document"))[-1][1]["chart"]
    assert len(chart["series"]) == 12
    assert (chart["series"][-1][0], sum(chart["series"][-1][1])) == ("4 more tags", 4)


async def test_R63_files_are_let_go_of(stall: Stall) -> None:
    await tagged_shop(stall)
    await stall.data("olga", await button(stall, "olga", "CSV"))
    payload = (await stall.queued("document"))[-1][1]
    assert await stall.does(blobs.sweep) == 0
    stall.days = 4
    assert await stall.does(blobs.sweep) == 1
    assert await stall.does(lambda tx: blobs.by_id(tx, payload["blob"])) is None
