"""What a text becomes on its way: its looks (R31), whose name it bears (R37), and what never leaves (R25, F72)."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.road.desks import SlackView, TelegramView
from tests.road.house import House
from tests.road.talk import COLLEAGUE, PREFIX, Json, Talk, View, add_guest, begin, begin_taken, change_team, restart

LOOKS = {"bold": "bold", "italic": "italic", "strikethrough": "strike", "code": "code", "text_link": "link", "pre": "pre"}
LOOKS |= {"blockquote": "quote", "expandable_blockquote": "quote"}


def telegram_looks(message: Json) -> set[tuple[str, str]]:
    """The looks in a Telegram message, each with the words that have it."""
    units = message["text"].encode("utf-16-le")
    return {
        (LOOKS[one["type"]], units[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le").strip())
        for one in message.get("entities", ())
        if one["type"] in LOOKS
    }


def slack_looks(node: Any) -> set[tuple[str, str]]:
    """The looks in a Slack message's rich text, each with the words that have it."""
    if isinstance(node, list):
        return {look for one in node for look in slack_looks(one)}
    kind, text = node.get("type"), node.get("text") or node.get("url")
    found = {(style, text) for style in node.get("style", {}) if isinstance(node.get("style"), dict)}
    if kind == "link":
        found.add(("link", text))
    children = node.get("elements", [])
    if kind in ("rich_text_quote", "rich_text_preformatted"):
        whole = "".join(child.get("text", "") for child in children).strip()
        found.add(("quote" if kind == "rich_text_quote" else "pre", whole))
    return found | slack_looks(children)


def looks(view: View, post: Json) -> set[tuple[str, str]]:
    """The looks of a post on either desk."""
    return slack_looks(post.get("blocks", [])) if isinstance(view, SlackView) else telegram_looks(post)


async def post_with(talk: Talk, view: View, thread: str, words: str) -> Json:
    """The post that bears these words, once it is there."""
    found: Json = await talk.house.until(lambda: next((one for one in view.posts(thread) if words in str(one)), None))
    return found


def client_message(house: House) -> Json:
    """The bot's last message to the client, whole."""
    said = house.box.telegram.messages(chat=house.scene.channel_bot.id, user=house.scene.clients["ann"])
    return next(one for one in reversed(said) if one["from"]["id"] == house.scene.channel_bot.id)


def with_entities(*parts: str | tuple[str, str] | tuple[str, str, Json]) -> Json:
    """A Telegram text and its entities from pieces, as an app sends them."""
    text, entities = "", []
    for part in parts:
        words, *look = (part,) if isinstance(part, str) else part
        size = len(words.encode("utf-16-le")) // 2
        if look:
            more = look[1] if len(look) > 1 else {}
            entities.append({"type": look[0], "offset": len(text.encode("utf-16-le")) // 2, "length": size, **more})
        text += words
    return {"text": text, "entities": entities}


SITE = "https://shop.example/a"
STYLED = (
    "🙂 ", ("fat", "bold"), " ", ("slanted", "italic"), " ", ("gone", "strikethrough"), " ", ("x<y", "code"), " ",
    ("our site", "text_link", {"url": SITE}), " :smile:\n", ("quoted words", "blockquote"), "\n", ("a = 1 & 2", "pre"),
)  # fmt: skip
EXPECTED = {
    ("bold", "fat"), ("italic", "slanted"), ("strike", "gone"), ("code", "x<y"), ("link", "our site"),
    ("quote", "quoted words"), ("pre", "a = 1 & 2"),
}  # fmt: skip


def says_styled(talk: Talk) -> None:
    """Olga writes with every look there is, and mentions a colleague."""
    view = talk.mine
    if isinstance(view, TelegramView):
        boris = view.telegram.account(view.user("boris"))
        said = with_entities(*STYLED, "\n", ("Boris", "text_mention", {"user": boris}), " knows")
        view.telegram.send(user=view.user("olga"), chat=view.chat, thread=int(talk.thread), **said)
    else:
        typed = f"🙂 *fat* _slanted_ ~gone~ `x<y` [our site]({SITE}) :smile:\n> quoted words\n```\na = 1 & 2\n```\n"
        view.says("olga", talk.thread, f"{typed}<@{view.user('ben')}> knows")


async def test_R31_an_operator_s_looks_reach_the_client_and_the_other_desk(house: House, platform: str) -> None:
    talk = await begin_taken(house, platform)
    says_styled(talk)
    await house.until(house.client_sees)
    got = client_message(house)
    assert telegram_looks(got) == EXPECTED | {("bold", "Olga Ivanova")}
    assert [one["url"] for one in got["entities"] if one["type"] == "text_link"] == [SITE]
    assert got["text"].startswith("Olga Ivanova\n🙂 fat slanted gone x<y our site 😄\n")
    assert got["text"].endswith("@Ben Carter knows" if platform == "slack" else "Boris knows")
    copy = await post_with(talk, talk.other, talk.there, "our site")
    assert looks(talk.other, copy) >= EXPECTED
    assert "😄" in str(copy) or "1f604" in str(copy)
    assert talk.mine.platform == "slack" or "U0SBX" not in str(copy["blocks"]), "nobody is pinged there"


async def test_R31_a_client_s_looks_reach_both_desks(house: House) -> None:
    talk = await begin(house, "slack")
    house.client_says(**with_entities(*STYLED, " ", ("the end of it", "spoiler")))
    for view, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
        post = await post_with(talk, view, thread, "our site")
        assert looks(view, post) - {("bold", "Ann Lee")} == EXPECTED
        shown = " ".join(view.lines(thread))
        assert "😄" in shown and ":smile:" not in shown
        assert "the end of it" in shown, "Slack knows no spoilers and shows it plainly"
    await house.settled()
    assert house.box.slack.core.world.room_named(house.slack.room) and SITE in str(
        await post_with(talk, talk.mine, talk.thread, SITE)
    )


async def test_R31_what_telegram_cannot_show_is_written_out(house: House) -> None:
    """Lists, addresses that are no web pages, and a workspace's own emoji from Slack."""
    talk = await begin_taken(house, "slack")
    talk.says("olga", "- first\n- second\n<mailto:help@shop.example|write us> :our_own_parrot: _both *of* them_")
    await house.until(house.client_sees)
    got = client_message(house)
    assert got["text"] == ("Olga Ivanova\n• first\n• second\nwrite us (help@shop.example) :our_own_parrot: both of them")
    assert telegram_looks(got) >= {("bold", "of"), ("italic", "both")}


async def test_R37_whose_name_the_client_sees_is_the_group_s_choice(cold_house: House, platform: str) -> None:
    house = cold_house
    change_team(house, lambda tables: tables["group"][0].update(signature="group"))
    await house.start()
    talk = await begin_taken(house, platform)
    talk.says("olga", "We are here")
    await house.until(lambda: house.client_sees() == ["Sales\nWe are here"])
    await house.until(lambda: [line for line in talk.copies() if "Olga Ivanova" in line and "We are here" in line])
    await restart(house, lambda tables: tables["group"][0].update(signature="none"))
    talk.says("olga", "And still")
    await house.until(lambda: house.client_sees()[1:] == ["And still"])
    await house.until(lambda: [line for line in talk.copies() if "Olga Ivanova" in line and "And still" in line])


# What never leaves -----------------------------------------------------------------------------------------------------


BEGINNINGS = (
    "note: ", "Note:", "NOTE :", "  note:", "nOtE\t: ", "note：", "ｎｏｔｅ: ", "\u200bnote: ", "\ufeffnote\u200b:", "note:\n",
    "\u00a0note\u00a0:\u00a0", "🔒", "🔒 ", " 🔒\ufe0f ", ":lock: ", "> note: ", "> 🔒 ", "!note: ", "!Note, ", "! note ", " /note: ",
)  # fmt: skip


def note_texts(dice: Random) -> list[str]:
    """Texts that are notes, however they were typed; each ends in ``secret N``."""
    texts = [f"{beginning}secret {number}." for number, beginning in enumerate(BEGINNINGS)]
    gaps = ("", " ", "\n")
    for number in range(100, 112):
        word = "".join(dice.choice((letter, letter.upper())) for letter in "note")
        before, between = ("".join(dice.choices(" \t\u2003\u200d\u00ad", k=dice.randrange(4))) for _ in range(2))
        texts.append(f"{before}{word}{between}{dice.choice(':：')}{dice.choice(gaps)}secret {number}.")
    return texts


async def test_R25_F72_whatever_a_note_begins_with_it_never_leaves(house: House, platform: str) -> None:
    """The responsible operator's notes, between two answers: the client gets the answers, the other desk everything."""
    talk = await begin_taken(house, platform)
    talk.says("olga", "first answer")
    told = talk.mine.told("olga")
    verbs = [f"{PREFIX[platform]}note secret 200.", f"{PREFIX[platform]}NOTE secret 201.", f"{PREFIX[platform]}note: secret 202."]
    texts = [*note_texts(Random(72)), *verbs]
    for text in texts:
        talk.says("olga", text)
    plain = ["notebook: 3 left", "Please note: we close at six", "noted: thank you", "no te: x"]
    for text in plain:
        talk.says("olga", text)
    await house.until(lambda: len(house.client_sees()) >= 1 + len(plain), 20)
    await house.settled()
    assert house.client_sees() == [f"Olga Ivanova\n{text}" for text in ("first answer", *plain)]
    copies = [line for line in talk.copies() if "secret" in line]
    assert len(copies) == len(texts)
    assert all("🔒" in line or "note, not sent" in line for line in copies)
    assert talk.mine.told("olga") == told, "a note needs no answer"


async def test_R6_R25_F72_words_in_a_conversation_nobody_has_reach_no_client(house: House, platform: str) -> None:
    """Not taken yet, somebody else's, and closed (there Telegram lets administrators write alone)."""
    add_guest(house)
    talk, colleague = await begin(house, platform), COLLEAGUE[platform]
    said = []

    async def all_write(state: str) -> None:
        writers = {"untaken": ("guest", "olga", colleague), "taken": ("guest", colleague), "closed": ("olga",)}[state]
        said.extend((who, talk.says(who, f"{who} while {state}")) for who in writers)
        await house.until(lambda: all(talk.mine.mark(talk.thread, post) == "held" for who, post in said if who != "guest"))
        await house.settled()
        assert house.client_sees() == [] == talk.copies()

    await all_write("untaken")
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await all_write("taken")
    await talk.presses("olga", "Close")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    await house.settled()
    await all_write("closed")
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await talk.marked(talk.says("olga", "now"), "accepted")
    assert house.client_sees() == ["Olga Ivanova\nnow"], "and what was held stays held"
