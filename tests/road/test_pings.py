"""What people write and are called reaches others as they wrote it, and rings nobody's bell (F49, F50, F51, F53)."""

from __future__ import annotations

from typing import Any

from tests.road.desks import SlackView
from tests.road.house import House
from tests.road.talk import Talk, View, begin_taken, views

Json = dict[str, Any]
FORGED = frozenset(("text_mention", "bold", "italic", "code", "pre", "strikethrough", "spoiler", "underline"))
"""Telegram's entities that a client's plain words must not turn into. What Telegram itself finds in them is not ours."""


def words_of(house: House) -> list[str]:
    """What a client may try. The ids are real ones."""
    olga, room = house.scene.slack_users["olga"], house.scene.rooms["sales"]
    return [
        f"<!channel> <!here> <!everyone> <@{olga}> <@{olga}|x> &lt; <#{room}> <#{room}|sales> <!subteam^S012ABCDE>",
        "@channel @here @everyone *bold* _slanted_ ~struck~ `code` ```block``` > quote :wave: :tada:",
        "<https://good.example|https://bad.example> <mailto:a@b.example|write> <javascript:alert(1)|x>",
        "<b>bold</b> <a href='https://bad.example'>x</a> <tg-spoiler>x</tg-spoiler> </b> &amp;lt; &#60; <!-- -->",
        "[label](https://bad.example) __under__ ||hidden|| **strong** \\* ${x} {0} %s",
        "gpj.\u202eexe \u2066left\u2069 zero\u200bwidth\u2060 soft\u00adhyphen \ufeffmark",
        "one\ntwo\n\n\tthree  four\n* five\n1. six\n- seven",
        "👩‍👩‍👧‍👦 é e\u0301 🏳️‍🌈 \U0001f3f4\U000e0067\U000e0062 z̴̛̝̲a̷lgo " + "\u0301" * 30,
    ]


def shown_on_slack(message: Json) -> str:
    """The words of a message's rich_text blocks, each sign as it stands there."""
    blocks = [block for block in message["blocks"] if block["type"] == "rich_text"]
    return "".join("".join(_leaves(block)) for block in blocks)


def _leaves(node: Json) -> list[str]:
    if "elements" in node:
        return [leaf for one in node["elements"] for leaf in _leaves(one)]
    assert node["type"] in ("text", "link"), f"a client's words became {node}"
    assert "style" not in node, f"a client's words became {node}"
    return [node["text"]]


def whole(view: View, thread: str, at: int) -> str:
    """The words of a post of the client in the thread, exactly; ``at`` 0 is the card."""
    post = view.posts(thread)[at]
    if isinstance(view, SlackView):
        assert post["pings"] == []
        return shown_on_slack(post)
    author, _, said = str(post["text"]).partition("\n")
    for entity in post.get("entities", ()) if at else ():
        begin = entity["offset"] * 2
        words = post["text"].encode("utf-16-le")[begin : begin + entity["length"] * 2].decode("utf-16-le")
        if entity["type"] == "text_link":
            assert entity["url"].rstrip("/") == words, "an address that he wrote, and no other"
        elif words != author:
            assert entity["type"] not in FORGED, f"a client's words became {entity}"
    return said


async def test_F49_F51_what_a_client_writes_is_shown_as_it_is_and_pings_nobody(house: House, platform: str) -> None:
    mine, other = views(house, platform)
    said = words_of(house)
    for number, text in enumerate(said):
        house.client_says(text)
        if not number:
            await house.until(lambda: mine.threads() and other.threads())
            await house.settled()
    (thread,) = mine.threads()
    await house.until(lambda: len(mine.posts(thread)) == len(said))
    shop, ann = house.scene.channel_bot.id, house.scene.clients["ann"]
    own = house.box.telegram.messages(chat=shop, user=ann)
    said = [one["text"] for one in own if one["from"]["id"] == ann and not one["text"].startswith("/start")]
    said = [text.replace(":wave: :tada:", "👋 🎉") for text in said]  # codes are emoji on the desks (R31)
    assert said[0] in whole(mine, thread, 0)
    assert [whole(mine, thread, at) for at in range(1, len(said))] == said[1:]
    if isinstance(mine, SlackView):
        assert all("<!" not in post["text"] and "<@" not in post["text"] for post in mine.posts(thread))
    await mine.presses("olga", thread, "Start conversation")
    await house.until(lambda: "In progress" in mine.card(thread))
    assert said[0] in whole(mine, thread, 0), "nor when the card is drawn again"


async def test_R25_F49_F51_what_an_operator_writes_on_the_other_desk_pings_nobody_either(house: House, platform: str) -> None:
    """The same words as copies: an operator's answer and note, typed on the other desk; the note without its sign."""
    other = {"slack": "telegram", "telegram": "slack"}[platform]
    talk = await begin_taken(house, other)
    for text in ("@channel <!here> &lt;b&gt; <b>", "note: <@U012ABCDE> @everyone <!channel>"):
        if other == "telegram":
            talk.says("olga", text)
        else:
            talk.says("olga", text.replace("<", "< "))  # the composer itself would make mentions of these
    await house.until(lambda: len(talk.copies()) == 2)
    gap = "" if other == "telegram" else " "
    answer, note = (whole(talk.other, talk.there, at) for at in (1, 2))
    assert answer == f"@channel <{gap}!here> &lt;b&gt; <{gap}b>"
    assert note.removeprefix("🔒 ") == f"<{gap}@U012ABCDE> @everyone <{gap}!channel>"


NAMES = {
    "<!channel>": "<!channel>",
    "<3</a>": "<3</a>",
    "*bold* @here": "*bold* @here",
    "</b><script>": "</b><script>",
    "\u202egnp.exe\u202c": "gnp.exe",
    "An\u200bn\u2060\ufeff": "Ann",
    "two\nlines\r\n\tthree": "two lines three",
    "x" * 5000: "x" * 79 + "…",
    "\u3164\u200b ": "Unnamed client",
    "": "Unnamed client",
    ":wave: &amp;": ":wave: &amp;",
}


async def test_F50_a_client_s_name_stays_a_name(house: House, platform: str) -> None:
    mine, other = views(house, platform)
    for number, name in enumerate(NAMES):
        user = house.box.telegram.add_user(name=name)["id"]
        house.scene.clients[f"n{number}"] = user
        house.client_says(f"first {number}.", f"n{number}")
        await house.until(lambda number=number: len(mine.threads()) == len(other.threads()) == number + 1)
        house.client_says(f"second {number}.", f"n{number}")
    await house.settled()
    for number, (thread, name) in enumerate(zip(mine.threads(), NAMES.values(), strict=True)):
        posts = mine.posts(thread)
        assert len(posts) == 2
        if isinstance(mine, SlackView):
            assert posts[0]["blocks"][0]["text"] == {"type": "plain_text", "text": f"✈️ {name} · shop-bot  🆕", "emoji": False}
            assert posts[1]["username"] == name
            assert [post["pings"] for post in posts] == [[], []]
        else:
            assert posts[0]["text"].splitlines()[0].startswith(f"✈️ {name} · shop-bot")
            assert posts[1]["text"] == f"{name}\nsecond {number}."
            topics = {str(topic["id"]): topic["name"] for topic in mine.telegram.topics(chat=mine.chat)}
            assert topics[thread] == name
        assert f"first {number}." in mine.card(thread) and f"second {number}." in mine.lines(thread)[1]
        assert mine.buttons(thread) == ["Start conversation", "Close"]
    await mine.presses("olga", mine.threads()[0], "Start conversation")
    post = mine.says("olga", mine.threads()[0], "hello there")
    await house.until(lambda: mine.mark(mine.threads()[0], post) == "accepted")
    assert house.client_sees("n0") == ["Olga Ivanova\nhello there"]


# From operators to the client ------------------------------------------------------------------------------------------


def to_client(house: House) -> list[Json]:
    """What the bot wrote to Ann, whole."""
    said = house.box.telegram.messages(chat=house.scene.channel_bot.id, user=house.scene.clients["ann"])
    return [one for one in said if one["from"]["id"] == house.scene.channel_bot.id]


async def answered(talk: Talk, number: int) -> Json:
    await talk.house.until(lambda: len(to_client(talk.house)) >= number)
    await talk.house.settled()
    return to_client(talk.house)[-1]


def assert_no_ids(house: House, message: Json) -> None:
    """Nothing in it names a person or a room as only the team knows them."""
    ids = [*house.scene.slack_users.values(), *house.scene.rooms.values(), *map(str, house.scene.operators.values())]
    shown = str({name: value for name, value in message.items() if name in ("text", "entities", "caption")})
    assert not [one for one in ids if one in shown], shown
    assert not [entity for entity in message.get("entities", ()) if entity["type"] == "text_mention"]


async def test_F53_an_operator_s_slack_text_reaches_the_client_as_plain_words(house: House) -> None:
    """As typed in the composer, and as it comes without blocks: from other apps, old messages, the API."""
    talk = await begin_taken(house, "slack")
    ben, room = house.scene.slack_users["ben"], house.scene.rooms["sales"]
    talk.says("olga", f"ask <@{ben}> in <#{room}>, <!here>: 1 < 2 & 3 > 2, :wave: see https://x.example/?a=1&b=2")
    message = await answered(talk, 1)
    told = "ask @Ben Carter in #room, @here: 1 < 2 & 3 > 2, 👋 see https://x.example/?a=1&b=2"
    assert message["text"] == f"Olga Ivanova\n{told}"
    assert_no_ids(house, message)
    core = house.box.slack.core
    raw = (
        f"&lt;b&gt; &amp; <https://x.example/p|y> <@{ben}> <@U0NOBODY99> <#{room}|sales> <#{room}> <!channel> "
        "<!subteam^S012ABCDE> <!date^1700000000^{date}|that day> <mailto:a@b.example|a@b.example> &amp;lt;"
    )
    core.post(core.world.rooms[room], {"user": talk.mine.user("olga"), "text": raw, "thread_ts": talk.thread})
    message = await answered(talk, 2)
    assert_no_ids(house, message)
    text = message["text"].partition("\n")[2]
    assert text.startswith("<b> & y @Ben Carter @someone #")
    assert text.endswith("@channel @group that day a@b.example &lt;")
    links = [entity["url"] for entity in message["entities"] if entity["type"] == "text_link"]
    assert "https://x.example/p" in links


async def test_F53_an_operator_s_telegram_text_reaches_the_client_as_plain_words(house: House) -> None:
    """A mention of somebody without a username bears an id; the client gets the name alone."""
    talk = await begin_taken(house, "telegram")
    boris = house.box.telegram.users[house.scene.operators["boris"]]
    text = "ask Boris <b>now</b> &lt; @here *x*"
    house.box.telegram.send(
        user=talk.mine.user("olga"),
        chat=talk.mine.chat,
        thread=int(talk.thread),
        text=text,
        entities=[{"type": "text_mention", "offset": 4, "length": 5, "user": boris}],
    )
    message = await answered(talk, 1)
    assert_no_ids(house, message)
    assert message["text"] == "Olga Ivanova\nask @Boris <b>now</b> &lt; @here *x*"
    await house.until(lambda: talk.copies())
    assert talk.other.posts(talk.there)[1]["pings"] == []


async def test_F50_words_that_nobody_can_see_break_nothing(house: House, platform: str) -> None:
    """A sticker has no words at all, a space of no width looks like none; what comes after goes on."""
    talk = await begin_taken(house, platform)
    core, desk_bot = house.box.slack.core, house.box.telegram.bots[house.scene.desk_bot.id]
    for number, text in enumerate(("", " ", "\u200b")):
        if platform == "slack":
            core.post(
                core.world.rooms[house.slack.room], {"user": talk.mine.user("olga"), "text": text, "thread_ts": talk.thread}
            )
            continue
        update = {
            "message_id": 99_000 + number,
            "date": 1_700_000_000,
            "chat": house.box.telegram.chats[house.telegram.chat].public,
            "from": house.box.telegram.users[house.scene.operators["olga"]],
            "message_thread_id": int(talk.thread),
            "is_topic_message": True,
            **({"text": text} if text else {"dice": {"emoji": "🎲", "value": 1}}),
        }
        house.box.telegram.inject_update(desk_bot.token, {"message": update})
    post = talk.says("olga", "words")
    await house.until(lambda: talk.mine.mark(talk.thread, post) == "accepted")
    assert [line for line in house.client_sees() if "words" in line] == ["Olga Ivanova\nwords"]
