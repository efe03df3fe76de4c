"""Files between clients in Telegram and operators in its topics: bytes, names, captions, albums, and what is refused."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import select

from bot.store import tables
from tests.road.house import House
from tests.road.pictures import JPEG, MP3, MP4, OGG, PDF, WEBP, client_files, desk_files, encoded, png
from tests.road.talk import Talk, begin, begin_taken, choices

Json = dict[str, Any]
SENT: list[tuple[str, bytes, Json]] = [
    ("photo", JPEG, {"caption": "our shop"}),
    ("video", MP4, {"name": "walk.mp4", "caption": "a walk"}),
    ("animation", MP4, {"name": "dance.mp4"}),
    ("audio", MP3, {"name": "song.mp3", "caption": "listen"}),
    ("voice", OGG, {"duration": 4}),
    ("video_note", MP4, {}),
    ("sticker", WEBP, {}),
    ("document", PDF, {"name": "Счёт №7.pdf", "caption": "the bill"}),
]


def sends(house: House, talk: Talk, kind: str, content: bytes | None, who: str = "olga", **more: Any) -> Json:
    """An operator sends a file into the topic."""
    body = {"content": encoded(content)} if content is not None else {}
    send = getattr(house.box.telegram, f"send_{kind}")
    view = house.telegram
    sent: Json = send(user=view.user(who), chat=view.chat, thread=int(talk.thread), **body, **more)
    return sent


def client_sends(house: House, kind: str, content: bytes | None, **more: Any) -> Json:
    """The client sends a file to the shop's bot."""
    body = {"content": encoded(content)} if content is not None else {}
    send = getattr(house.box.telegram, f"send_{kind}")
    sent: Json = send(user=house.scene.clients["ann"], chat=house.scene.channel_bot.id, **body, **more)
    return sent


async def test_R32_F56_F73_every_kind_of_file_both_ways_by_its_bytes(house: House) -> None:
    with structlog.testing.capture_logs() as logs:
        talk = await begin_taken(house, "telegram")
        for kind, content, more in SENT:
            client_sends(house, kind, content, **more)
        await house.until(lambda: len(desk_files(house, talk.thread)) == len(SENT))
        for kind, content, more in SENT:
            sends(house, talk, kind, content, **more)
        await house.until(lambda: len(client_files(house)) == len(SENT))
    theirs, ours = desk_files(house, talk.thread), client_files(house)
    assert [(kind, content) for kind, _, content, _ in theirs] == [(kind, content) for kind, content, _ in SENT]
    assert [(kind, content) for kind, _, content, _ in ours] == [(kind, content) for kind, content, _ in SENT]
    assert (theirs[-1][1], theirs[-1][3]) == ("Счёт №7.pdf", "Ann Lee\nthe bill")
    assert (ours[-1][1], ours[-1][3]) == ("Счёт №7.pdf", "Olga Ivanova\nthe bill")
    assert [caption for *_, caption in theirs][:4] == ["Ann Lee\nour shop", "Ann Lee\na walk", "Ann Lee", "Ann Lee\nlisten"]
    assert house.app is not None
    kept = await house.app.store.read(everything)
    calls = [call for call in house.box.telegram.calls if call.method != "getFile"]
    for secret in ("/file/bot", *(bot.token.partition(":")[2] for bot in house.box.telegram.bots.values())):
        assert secret not in f"{kept}{logs}{calls}"


def everything(tx: Any) -> str:
    """All that is kept, but for the bytes of files and the bot's own secrets."""
    kept = [table for name, table in tables.metadata.tables.items() if name not in ("file_chunk", "blob", "secret")]
    return str([tuple(row) for table in kept for row in tx.execute(select(table))])


async def test_F10_an_album_of_ten_is_one_conversation_in_order(house: House) -> None:
    pictures = [png(shade=shade) for shade in range(10)]
    user, bot = house.scene.clients["ann"], house.scene.channel_bot.id
    house.box.telegram.start(user=user, bot=bot)
    house.box.telegram.album(user=user, chat=bot, contents=[encoded(one) for one in pictures], caption="our garden")
    (thread,) = await house.until(lambda: house.telegram.threads())
    await house.until(lambda: len(desk_files(house, thread)) == 10)
    assert [content for _, _, content, _ in desk_files(house, thread)] == pictures
    assert house.telegram.threads() == [thread]
    assert "our garden" in house.telegram.card(thread)


async def test_R32_an_operators_album_goes_in_order_and_its_caption_once(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    pictures = [png(shade=shade) for shade in range(3)]
    album(house, talk, pictures, "choose one")
    await house.until(lambda: len(client_files(house)) == 3)
    assert [(content, caption) for _, _, content, caption in client_files(house)] == [
        (pictures[0], "Olga Ivanova\nchoose one"),
        (pictures[1], "Olga Ivanova"),
        (pictures[2], "Olga Ivanova"),
    ]


def album(house: House, talk: Talk, pictures: list[bytes], caption: str) -> list[Json]:
    view = house.telegram
    contents = [encoded(one) for one in pictures]
    sent: list[Json] = view.telegram.album(
        user=view.user("olga"), chat=view.chat, thread=int(talk.thread), contents=contents, caption=caption
    )
    return sent


async def test_R25_F72_files_under_a_note_or_a_verb_never_leave(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    sends(house, talk, "document", PDF, name="margin.pdf", caption="note: for us only")
    album(house, talk, [png(shade=1), png(shade=2)], "NOTE: not for the client")
    sends(house, talk, "document", PDF, name="closing.pdf", caption="/close")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    await house.settled()
    assert client_files(house) == [] and house.client_sees() == []
    assert "so the file stays a note" in " ".join(house.telegram.told("olga"))
    assert house.app is not None
    notes = await house.app.store.read(
        lambda tx: list(tx.execute(select(tables.message.c.direction).where(tables.message.c.file_id.is_not(None))).scalars())
    )
    assert notes == ["note"] * 4


async def test_R25_a_held_album_is_one_question_and_goes_whole(house: House) -> None:
    talk = await begin(house, "telegram")
    pictures = [png(shade=shade) for shade in range(3)]
    posts = album(house, talk, pictures, "look")
    assert await talk.asked("olga") == ["Start and send", "Send once", "Keep as note"]
    for post in posts:
        await talk.marked(str(post["message_id"]), "held")
    assert client_files(house) == []
    await talk.presses("olga", "Start and send")
    await house.until(lambda: len(client_files(house)) == 3)
    assert [content for _, _, content, _ in client_files(house)] == pictures
    assert choices(talk.mine, "olga") == []
    for post in posts:
        await talk.marked(str(post["message_id"]), "accepted")


async def test_F58_what_is_too_large_is_told_in_words_with_its_name(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    client_sends(house, "video", None, name="wedding.mp4", size=21 << 20, caption="us")
    await house.until(lambda: any("wedding.mp4" in line for line in talk.lines()))
    (told,) = [line for line in talk.lines() if "wedding.mp4" in line]
    assert "🎬 wedding.mp4 (21 MB)" in told and "us" in told
    assert "⚠️ Too large to fetch: a bot gets at most 20 MB from Telegram bot." in told
    sends(house, talk, "document", None, name="backup.zip", size=60 << 20)
    await house.until(lambda: house.telegram.told("olga"))
    assert house.telegram.told("olga")[-1].startswith("Nothing was sent. Too large to fetch: a bot gets at most 20 MB")
    assert client_files(house) == [] and desk_files(house, talk.thread) == []


async def test_F58_an_endless_file_is_cut_at_the_limit_and_nothing_of_it_is_kept(cold_house: House) -> None:
    house = cold_house
    house.env["RELAYDESK_FILES__LARGEST_MB"] = "1"
    await house.start()
    talk = await begin_taken(house, "telegram")
    client_sends(house, "document", None, name="small.bin", mime="application/x-thing", size=1_000, given=3 << 20)
    await house.until(lambda: any("small.bin" in line and "⚠️" in line for line in talk.lines()))
    assert "It is larger than 1 MB, the most that is kept here." in talk.lines()[-1]
    assert house.app is not None
    pieces = await house.app.store.read(lambda tx: tx.execute(select(tables.file_chunk.c.n)).all())
    assert pieces == []


async def test_F60_names_are_made_safe(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    for name in ("../../etc/passwd", "a\0b" + "x" * 300 + ".pdf", "bill\u202efdp.exe.pdf"):
        client_sends(house, "document", PDF, name=name)
    await house.until(lambda: len(desk_files(house, talk.thread)) == 3)
    shown = desk_files(house, talk.thread)
    assert [(kind, content) for kind, _, content, _ in shown] == [("document", PDF)] * 3
    names = [name for _, name, _, _ in shown]
    assert (names[0], names[2]) == ("passwd", "billfdp.exe.pdf")
    assert names[1].endswith("xxx.pdf") and len(names[1]) == 80
    assert not set("".join(names)) & set("/\\\0\u202e")


async def test_F60_the_type_is_told_by_the_bytes_and_programs_stay_out(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    client_sends(house, "document", b"MZ" + b"\0" * 200, name="invoice.pdf")
    await house.until(lambda: any("Programs are not passed on here." in line for line in talk.lines()))
    client_sends(house, "document", png(), name="photo.pdf", mime="application/pdf")
    await house.until(lambda: desk_files(house, talk.thread))
    house_file = next(
        one for one in house.box.telegram.messages(chat=house.telegram.chat) if "document" in one and one["from"]["is_bot"]
    )
    assert house_file["document"]["mime_type"] == "image/png"


async def test_R32_a_photo_telegram_finds_odd_goes_as_a_document(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    banner = png(400, 10)
    client_sends(house, "photo", banner)
    await house.until(lambda: desk_files(house, talk.thread))
    assert [(kind, content) for kind, _, content, _ in desk_files(house, talk.thread)] == [("document", banner)]


async def test_F61_our_own_file_is_not_heard_as_another(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    client_sends(house, "document", PDF, name="a.pdf")
    await house.until(lambda: desk_files(house, talk.thread))
    sends(house, talk, "document", PDF, name="a.pdf")
    await house.until(lambda: client_files(house))
    house.client_says("thanks")
    await house.settled()
    assert len(desk_files(house, talk.thread)) == len(client_files(house)) == 1
    house.box.telegram.redeliver(house.box.telegram.bot(house.scene.desk_bot.id).mailbox.history[-1].id)
    await house.settled()
    assert len(client_files(house)) == 1


async def test_F34_R34_a_file_that_does_not_arrive_is_told_with_its_reason(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    house.box.faults.add("telegram", "sendDocument", "error", error="Bad Request: FILE_PARTS_INVALID", times=1)
    post = str(sends(house, talk, "document", PDF, name="a.pdf")["message_id"])
    await talk.marked(post, "failed")
    (told,) = [line for line in talk.lines() if "Not delivered" in line]
    assert "FILE_PARTS_INVALID" in told
    notice = next(one for one in house.telegram.posts(talk.thread) if "Not delivered" in one.get("text", ""))
    await house.telegram.presses("olga", talk.thread, "Retry", str(notice["message_id"]))
    await house.until(lambda: client_files(house))
    await talk.marked(post, "accepted")


async def test_R34_F58_a_file_that_could_not_be_fetched_is_told_and_fetched_again(house: House) -> None:
    talk = await begin_taken(house, "telegram")
    house.box.faults.add("telegram", "download", "status", status=404, body="{}")
    post = str(sends(house, talk, "document", PDF, name="a.pdf")["message_id"])
    await talk.marked(post, "failed")
    told = next(one for one in house.telegram.posts(talk.thread) if "Not delivered" in one.get("text", ""))
    assert "Telegram does not have the file any more." in told["text"]
    await house.telegram.presses("olga", talk.thread, "Retry", str(told["message_id"]))
    await house.until(lambda: client_files(house))
    await talk.marked(post, "accepted")
