"""The website chat on the whole road: what a visitor and an operator send, change and take back, and what neither may (R102)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession
from sqlalchemy import text as sql

from tests.road import widget_hands as hands
from tests.road.house import House
from tests.road.later import Later, rule
from tests.road.talk import HOLDER, NAMES
from tests.road.widget_hands import Visitor, event, words

PDF = b"%PDF-1.7\n" + b"\x00\xff" * 200_000
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
SECRET = "the site's own secret"


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as made:
        yield made


@pytest.fixture
async def visitor(house: House, session: ClientSession) -> Visitor:
    return await Visitor(house, session).arrive()


def proof(secret: str = SECRET, **who: Any) -> str:
    """What a website's server writes into its page."""
    payload = base64.urlsafe_b64encode(json.dumps(who).encode()).decode().rstrip("=")
    return f"{payload}.{hmac.new(secret.encode(), payload.encode(), 'sha256').hexdigest()}"


# Both ways -----------------------------------------------------------------------------------------------------------


async def test_R102_R32_F56_files_go_both_ways_by_their_bytes(house: House, visitor: Visitor, platform: str) -> None:
    talk = await hands.begin(house, visitor, platform)
    await visitor.sends("my report.pdf", PDF, "please look", "application/pdf")
    for view, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
        await house.until(lambda view=view, thread=thread: hands.files_at(view, thread))  # type: ignore[misc]
        assert hands.files_at(view, thread) == [("my report.pdf", PDF)]
    post = hands.sends_file(talk, "invoice.pdf", PDF[:-7], "here it is")
    told = await visitor.until(lambda told: len(told) == 3)
    sent, got = told[1:]
    assert (sent["mine"], sent["body"], sent["file"]["name"]) == (True, "please look", "my report.pdf")
    assert (got["mine"], got["author"], got["body"]) == (False, NAMES[HOLDER], "here it is")
    assert {name: got["file"][name] for name in ("name", "mime", "state")} == {
        "name": "invoice.pdf",
        "mime": "application/pdf",
        "state": "here",
    }
    for file, content in ((sent["file"], PDF), (got["file"], PDF[:-7])):
        status, headers, found = await visitor.fetches(file["n"])
        assert (status, found) == (200, content)
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    await talk.marked(post, "accepted")
    heard = " ".join(visitor.heard)
    for never in ("slack.com", "/files/", "file/bot", "url_private", visitor.token, house.box.url):
        assert never not in heard


async def test_R102_R33_F37_F40_both_change_and_take_back_their_words(house: House, visitor: Visitor, platform: str) -> None:
    talk = await hands.begin(house, visitor, platform)
    async with visitor.listening() as told:
        mine = await visitor.says("frist words")
        await house.until(lambda: any("frist words" in line for line in talk.lines()))
        change = {"id": mine, "text": "first words", "change": "change-number-1"}
        assert (await visitor.post("edit", change))[0] == 200
        assert words(await event(told, "edit")) == "first words"
        for view, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
            await house.until(lambda v=view, t=thread: any(line.endswith("first words") for line in v.lines(t)))  # type: ignore[misc]
        await visitor.post("edit", {"id": mine, "text": "the newest words", "change": "change-number-2"})
        await visitor.post("edit", change)  # an old change, heard again
        await house.until(lambda: any(line.endswith("the newest words") for line in talk.lines()))
        await house.settled()
        assert not any("first words" in line for line in [*talk.lines(), *talk.copies()])

        answer = talk.says(HOLDER, "the wrong answer")
        seq = (await event(told, "message"))["seq"]
        await talk.marked(answer, "accepted")
        hands.edits(talk, answer, "the right answer")
        changed = await event(told, "edit")
        assert (changed["seq"], words(changed), changed["edited"]) == (seq, "the right answer", True)
        hands.deletes(talk, answer)
        assert await event(told, "delete") == {"seq": seq, "v": "gone", "mine": False, "deleted": True}

        assert (await visitor.post("delete", {"id": mine, "change": "change-number-3"}))[0] == 200
        assert (await event(told, "delete"))["mine"]
        await house.until(lambda: any("Vera deleted this message" in line for line in talk.lines()))
        await house.until(lambda: any("Vera deleted this message" in line for line in talk.copies()))
    assert [words(one) for one in await visitor.history()] == ["hello"]


async def test_R102_R34_F9_marks_tell_how_far_words_have_come(house: House, visitor: Visitor, platform: str) -> None:
    talk = await hands.begin(house, visitor, platform)
    async with visitor.listening() as told:
        number = await visitor.says("can you read this?")
        while (await event(told, "receipt"))["id"] != number:
            pass
        (said,) = [one for one in await visitor.history() if one.get("id") == number]
        assert said["reached"], "on a desk, for the team to read"
        post = talk.says(HOLDER, "I can")
        seq = (await event(told, "message"))["seq"]
    await talk.marked(post, "accepted")
    assert (await visitor.post("seen", {"delivered": seq}))[0] == 200
    await talk.marked(post, "delivered")
    await visitor.post("seen", {"delivered": seq, "read": seq})
    await talk.marked(post, "read")
    await visitor.post("seen", {"delivered": seq})
    await house.settled()
    assert talk.mine.mark(talk.thread, post) == "read"


async def test_R102_R35_quotes_and_reactions_go_both_ways(house: House, visitor: Visitor, platform: str) -> None:
    talk = await hands.begin(house, visitor, platform)
    post = talk.says(HOLDER, "blue or green?")
    asked = (await visitor.until(lambda told: len(told) == 2))[-1]
    await visitor.says("the blue one", answers=asked["seq"])
    await house.until(lambda: any("the blue one" in line for line in talk.lines()))
    said = (await visitor.history())[-1]
    assert said["answers"] == {"seq": asked["seq"], "author": NAMES[HOLDER], "text": "blue or green?"}
    assert (await visitor.post("react", {"seq": asked["seq"], "emoji": "😢", "change": "change-number-9"}))[0] == 200
    shown = {"slack": "cry", "telegram": "😢"}[platform]
    await house.until(lambda: shown in json.dumps(posts_with(talk.mine, talk.thread, post), ensure_ascii=False))
    hands.reacts(talk, hands.post_of(talk.mine, talk.thread, "the blue one"), "tada", "🎉")
    told = await visitor.until(lambda told: told[-1].get("reactions"))
    assert told[-1]["reactions"] == ["🎉"]
    assert (await visitor.post("react", {"seq": asked["seq"], "emoji": "🤬", "change": "change-number-8"}))[0] == 400


def posts_with(view: Any, thread: str, post: str) -> list[Any]:
    """Reactions to a post."""
    if view.platform == "slack":
        return [one.get("reactions") for one in view.posts(thread) if one["ts"] == post]
    said = view.telegram.messages(chat=view.chat, thread=int(thread))
    return [one.get("reactions") for one in said if str(one["message_id"]) == post]


async def test_R102_R38_F43_that_a_visitor_types_shows_in_his_topic(house: House, visitor: Visitor) -> None:
    await hands.begin(house, visitor, "telegram", taken=False)
    assert (await visitor.post("typing", {}))[0] == 200
    await house.until(lambda: [call for call in house.box.telegram.calls if call.method == "sendChatAction"])


async def test_R102_R123_what_can_still_be_taken_back_is_not_shown(
    house: House, visitor: Visitor, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, later = await hands.begin(house, visitor, platform), Later(house, monkeypatch)
    await rule(house, recall_seconds=10, room=house.scene.rooms["support"])
    async with visitor.listening() as told:
        talk.says(HOLDER, "the wrong words")
        assert (await event(told, "typing"))["author"] == NAMES[HOLDER]
        await house.settled()
        assert [words(one) for one in await visitor.history()] == ["hello"]
        await visitor.says("are you there?")
        await later.pass_by(11)
        late = await event(told, "message")
        while late["mine"]:
            late = await event(told, "message")
        assert words(late) == "the wrong words", "though later words were told before it"


# What may not be -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "content", "mime"), [("a.svg", SVG, "image/svg+xml"), ("a.html", HTML, "text/html")])
async def test_F54_what_could_run_is_bytes_to_be_saved(
    house: House, visitor: Visitor, name: str, content: bytes, mime: str
) -> None:
    await visitor.sends(name, content, mime=mime)
    (said,) = await visitor.history()
    status, headers, found = await visitor.fetches(said["file"]["n"])
    assert (status, found) == (200, content)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert "sandbox" in headers["Content-Security-Policy"] and headers["X-Content-Type-Options"] == "nosniff"


async def test_F58_a_file_is_cut_at_the_limit_and_nothing_of_it_is_kept(cold_house: House, session: ClientSession) -> None:
    house = cold_house
    house.env["RELAYDESK_FILES__LARGEST_MB"] = "1"
    await house.start()
    visitor = await Visitor(house, session).arrive()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(64 << 10)

    status, answer = await visitor.uploads("declared.bin", io.BytesIO(bytes((1 << 20) + 1)))
    assert (status, answer["error"]) == (413, "too_large") and "1 MB" in answer["message"]
    status, answer = await visitor.uploads("endless.bin", endless())
    assert (status, answer["error"]) == (413, "too_large")
    status, answer = await visitor.uploads("nothing.txt", b"")
    assert (status, answer["message"]) == (415, "The file is empty.")
    assert house.app is not None
    left = await house.app.store.read(lambda tx: tx.execute(sql("SELECT count(*) FROM file_chunk")).scalar())
    assert left == 0
    status, answer = await visitor.post("messages", {"id": "message-without", "text": "", "file": 1})
    assert status == 200
    await visitor.says("and on")
    assert [words(one) for one in await visitor.history()] == ["and on"]


async def test_F58_who_goes_in_the_middle_leaves_nothing(house: House, visitor: Visitor) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(300 << 10)
        raise ConnectionError

    with pytest.raises((ConnectionError, aiohttp.ClientError)):
        await visitor.uploads("half.bin", broken())
    app = house.app
    assert app is not None

    async def gone() -> bool:
        found = await app.store.read(
            lambda tx: (
                tx.execute(sql("SELECT count(*) FROM file WHERE state = 'wanted'")).scalar(),
                tx.execute(sql("SELECT count(*) FROM file_chunk")).scalar(),
            )
        )
        return found == (0, 0)

    async with asyncio.timeout(40):
        while not await gone():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\x00b.pdf", "ab.pdf"),
        ("\u202efdp.exe.pdf", "fdp.exe.pdf"),
        ("x" * 300 + ".pdf", "x" * 76 + ".pdf"),
        ("отчёт №1.pdf", "отчёт №1.pdf"),
    ],
)
async def test_F60_a_name_is_made_safe(house: House, visitor: Visitor, name: str, shown: str) -> None:
    status, answer = await visitor.uploads(name, PDF[:1000], "text/html")
    assert (status, answer["name"], answer["mime"]) == (201, shown, "application/pdf")


@pytest.mark.parametrize(
    ("name", "content"), [("photo.png", b"MZ" + bytes(200)), ("run.bat", b"echo hello"), ("a", b"#!/bin/sh\n")]
)
async def test_F60_programs_stay_out(house: House, visitor: Visitor, name: str, content: bytes) -> None:
    status, answer = await visitor.uploads(name, content, "image/png")
    assert (status, answer["error"]) == (415, "file") and "Programs" in answer["message"]


async def test_F74_nobody_has_anothers_file_or_changes_anothers_words(house: House, session: ClientSession) -> None:
    mine, stranger = [await Visitor(house, session).arrive() for _ in range(2)]
    _, upload = await mine.uploads("secret.pdf", PDF[:1000])
    await stranger.says("my own words", file=upload["file"])
    assert "file" not in (await stranger.history())[0], "an upload is its owner's to send"
    said = await mine.says("look", file=upload["file"])
    number = (await mine.history())[0]["file"]["n"]
    assert (await stranger.fetches(number))[0] == 404
    nobody = Visitor(house, session)
    assert (await nobody.fetches(number))[0] == 401
    for path, data in (("edit", {"text": "changed"}), ("delete", {})):
        assert (await stranger.post(path, {"id": said, "change": f"change-{path}-1", **data}))[0] == 200
    await house.settled()
    assert [words(one) for one in await mine.history()] == ["look"]
    await mine.post("delete", {"id": said, "change": "change-delete-2"})
    await mine.until(lambda told: not told)
    assert (await mine.fetches(number))[0] == 404


async def test_R102_F74_who_is_vouched_for_is_known_and_a_forged_word_is_refused(
    cold_house: House, session: ClientSession, platform: str
) -> None:
    house = cold_house
    house.env["RELAYDESK_WIDGET__IDENTITY_SECRET"] = SECRET
    await house.start()
    who = {"id": "user-4711", "name": "Vera Vogel", "email": "vera@example.com"}
    visitor = await Visitor(house, session, identity=proof(**who)).arrive()
    talk = await hands.begin(house, visitor, platform)
    assert "Vera Vogel" in talk.mine.card(talk.thread)
    shown = await talk.mine.chooses(HOLDER, talk.thread, "Client")
    assert "vera@example.com" in shown and "user-4711" in shown
    elsewhere = await Visitor(house, session, identity=proof(**who)).arrive()
    assert [words(one) for one in await elsewhere.history()] == ["hello"], "on each of his devices"
    forged = [proof("another secret", **who), proof(**who)[:-1] + "x", proof(**who).split(".")[0], "a.b", proof(name="nobody")]
    forged += [proof(**who, exp=time.time() - 1), "é.é", "x" * 5000]
    for word in forged:
        status, answer = await Visitor(house, session).post("session", {"identity": word})
        assert (status, answer["error"]) == (403, "identity")
    stranger = await Visitor(house, session).arrive()
    body = {"id": "message-forged", "text": "I am Vera", "identity": proof(**who)}
    assert (await stranger.post("messages", body))[0] == 403, "another's word with one's own token"
    assert hashlib.sha256(visitor.token.encode()).hexdigest() != hashlib.sha256(stranger.token.encode()).hexdigest()


async def test_F74_a_flood_of_files_is_slowed_down_and_others_go_on(house: House, session: ClientSession) -> None:
    flood, other = [await Visitor(house, session).arrive() for _ in range(2)]
    answers = [await flood.uploads(f"{number}.txt", b"hello") for number in range(30)]
    assert answers[0][0] == 201 and answers[-1][0] == 429
    assert await other.says("I still get through")


async def test_R102_R110_nobody_there_is_said(house: House, visitor: Visitor) -> None:
    async def now() -> dict[str, Any]:
        async with visitor.session.get(visitor.url("now")) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    assert await now() == {"away": False, "largest": 20 << 20}
    closed = time.strftime("%a", time.gmtime(time.time() + 3 * 86_400))
    await rule(house, hours=f"{closed} 09:00-10:00 UTC", room=house.scene.rooms["support"])
    platform = next(one for one in house.app.platforms if "widget" in one.ports) if house.app else None
    platform._door._away._known.clear()  # type: ignore[union-attr]  # it looks twice a minute
    assert (await now())["away"] and (await now())["opens"] > time.time() * 1000
