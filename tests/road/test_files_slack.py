"""Files from and to the Slack desk (R32): by bytes, never by address; what can't be had says why."""

from __future__ import annotations

import asyncio
import base64
import itertools
from typing import Any

import pytest

from bot.commands.receive import Received, receive
from bot.domain.files import Attachment, FileKind, FileState
from bot.domain.ids import Moment
from bot.domain.text import RichText
from bot.store import files as kept
from bot.store.tables import file as file_table
from bot.store.uow import Tx
from tests.road.desks import SlackView, seen
from tests.road.house import House
from tests.road.pictures import png
from tests.road.talk import HOLDER, Talk, begin, begin_taken

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40
PDF = b"%PDF-1.7\n" + b"\x00\xff" * 200_000
NUMBERS = itertools.count(1)


async def client_sends(
    house: House, name: str, content: bytes, caption: str = "", *, kind: FileKind = FileKind.DOCUMENT, mime: str = ""
) -> None:
    """A client's file whose bytes are in the store already, as those of an upload are."""
    assert house.app is not None
    client, remote = str(house.scene.clients["ann"]), f"upload-{next(NUMBERS)}"

    def send(tx: Tx) -> None:
        told = Attachment(kind=kind, name=name, mime=mime, size=len(content))
        number = kept.reserve(tx, told, "ann")
        cut = [content[at : at + kept.CHUNK] for at in range(0, len(content), kept.CHUNK)]
        for n, piece in enumerate(cut):
            kept.put_chunk(tx, number, n, piece)
        kept.finish(tx, number, size=len(content), chunks=len(cut), mime=mime or "application/octet-stream")
        sent = Attachment(kind=kind, name=name, mime=mime, size=len(content), ref={"file": str(number), "owner": "ann"})
        receive(
            tx,
            Received(
                channel_kind="telegram",
                channel_name=None,
                external_id=client,
                client_name="Ann Lee",
                remote_id=remote,
                text=RichText.plain(caption),
                at=Moment(tx.now),
                file=sent,
            ),
        )

    await house.app.store.write(send)


async def stored(house: House) -> list[tuple[str, FileState, str, bytes]]:
    """Files of conversations: name, state, reason, bytes."""
    assert house.app is not None

    def look(tx: Tx) -> list[tuple[str, FileState, str, bytes]]:
        found = []
        for number in tx.execute(file_table.select().order_by(file_table.c.id)).scalars().all():
            one = kept.by_id(tx, number)
            assert one is not None
            pieces = itertools.takewhile(lambda piece: piece is not None, (kept.chunk(tx, number, n) for n in itertools.count()))
            found.append((one.name, one.state, one.reason, b"".join(piece or b"" for piece in pieces)))
        return found

    return await house.app.store.read(look)


async def until_here(house: House, count: int) -> list[tuple[str, FileState, str, bytes]]:
    """The same once so many have come."""
    async with asyncio.timeout(40):
        while True:
            found = await stored(house)
            if len([one for one in found if one[1] is FileState.HERE]) >= count:
                return found
            await asyncio.sleep(0.02)


def client_files(house: House) -> list[tuple[str, bytes, str]]:
    """What Ann got: name (a photo has none), bytes, caption without the name line."""
    said = house.box.telegram.messages(chat=house.scene.channel_bot.id, user=house.scene.clients["ann"])
    found = []
    for one in said:
        media = one.get("document") or (one.get("photo") or [None])[-1]
        if one["from"]["id"] == house.scene.channel_bot.id and media:
            content = house.box.telegram.files[media["file_id"]].content
            found.append((media.get("file_name", "photo"), content, one.get("caption", "").partition("\n")[2]))
    return found


def told_of(talk: Talk, words: str) -> bool:
    """Whether the thread, or its holder alone, reads these words."""
    return any(words in one for one in [*talk.lines(), *talk.mine.told(HOLDER)])


def slack(talk: Talk) -> SlackView:
    assert isinstance(talk.mine, SlackView)
    return talk.mine


# To Slack ------------------------------------------------------------------------------------------------------------


async def test_R32_a_clients_file_shows_under_his_name_with_its_words(house: House) -> None:
    talk = await begin(house, "slack")
    await client_sends(house, "report.pdf", PDF, "the <!channel> *report* <https://evil.example|x>", mime="application/pdf")
    await house.until(lambda: slack(talk).files(talk.thread))
    await house.settled()
    (name, content, _), post = slack(talk).files(talk.thread)[0], slack(talk).posts(talk.thread)[-1]
    assert (name, content) == ("report.pdf", PDF)
    assert post["username"] == "Ann Lee"
    assert seen(post) == "the <!channel> *report* <https://evil.example|x>"
    assert post["pings"] == []


async def test_R32_several_at_once_come_in_order_and_a_file_may_be_the_first_word(house: House) -> None:
    await client_sends(house, "1.png", PNG, "three of them", kind=FileKind.PHOTO, mime="image/png")
    await client_sends(house, "2.png", PNG[:-1], kind=FileKind.PHOTO, mime="image/png")
    await client_sends(house, "3.png", PNG[:-2], kind=FileKind.PHOTO, mime="image/png")
    await house.until(lambda: house.slack.threads() and len(house.slack.files(house.slack.threads()[0])) == 3)
    await house.settled()
    (thread,) = house.slack.threads()
    assert [content for _, content, _ in house.slack.files(thread)] == [PNG, PNG[:-1], PNG[:-2]]
    assert "three of them" in house.slack.card(thread)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
async def test_F17_F19_F61_an_upload_of_unknown_fate_is_there_once(house: House, kind: Any) -> None:
    talk = await begin(house, "slack")
    house.box.faults.add("slack", "files.completeUploadExternal", kind)
    await client_sends(house, "once.pdf", PDF[:5000], "once", mime="application/pdf")
    await house.until(lambda: slack(talk).files(talk.thread))
    await house.settled()
    assert [(name, content) for name, content, _ in slack(talk).files(talk.thread)] == [("once.pdf", PDF[:5000])]
    assert len([one for one in slack(talk).posts(talk.thread) if one.get("files")]) == 1


async def test_F61_a_file_that_slack_shows_late_is_not_sent_twice(house: House) -> None:
    talk = await begin(house, "slack")
    house.box.slack.core.shown_after = 1.2
    house.box.faults.add("slack", "files.completeUploadExternal", "drop_after")
    await client_sends(house, "late.pdf", PDF[:5000], mime="application/pdf")
    await house.until(lambda: slack(talk).files(talk.thread))
    await house.settled()
    client_before = house.client_sees()
    assert [name for name, _, _ in slack(talk).files(talk.thread)] == ["late.pdf"]
    assert house.client_sees() == client_before  # our own file's event is nobody's words


async def test_R32_a_thread_that_went_before_its_file_heals_with_the_file(house: House) -> None:
    talk = await begin(house, "slack")
    place = slack(talk)
    house.box.slack.core.remove(house.box.slack.core.world.room_named(place.room), talk.thread)
    await client_sends(house, "after.pdf", PDF[:5000], mime="application/pdf")
    await house.until(lambda: place.threads() and place.threads()[-1] != talk.thread and place.files(place.threads()[-1]))
    await house.settled()
    assert [name for name, _, _ in place.files(place.threads()[-1])] == ["after.pdf"]
    assert not [one for one in house.box.slack.messages(room=place.room) if one.get("files")]


# From Slack ----------------------------------------------------------------------------------------------------------


async def test_R32_an_operators_files_are_fetched_in_order_the_words_with_the_first(house: House) -> None:
    talk = await begin_taken(house, "slack")
    files = [
        {"name": "a.png", "content": png()},
        {"name": "b.pdf", "content": PDF},
        {"name": "../../etc/\u202egpj.exe.txt", "content": b"text"},
    ]
    slack(talk).says(HOLDER, talk.thread, "have a look", files=files)
    kept_files = await until_here(house, 3)
    await house.until(lambda: len(client_files(house)) == 3)
    assert client_files(house) == [("photo", png(), "have a look"), ("b.pdf", PDF, ""), ("gpj.exe.txt", b"text", "")]
    assert [(name, content) for name, _, _, content in kept_files] == [
        ("a.png", png()), ("b.pdf", PDF), ("gpj.exe.txt", b"text"),
    ]  # fmt: skip
    assert {state for _, state, _, _ in kept_files} == {FileState.HERE}


async def test_R32_a_file_of_a_shared_room_is_asked_about(house: House) -> None:
    talk = await begin_taken(house, "slack")
    slack(talk).says(HOLDER, talk.thread, "", files=[{"name": "shared.png", "content": PNG, "connect": True}])
    assert [(name, content) for name, _, _, content in await until_here(house, 1)] == [("shared.png", PNG)]


async def test_R32_R34_without_files_read_the_operator_reads_which_scope_is_missing(cold_house: House) -> None:
    house = cold_house
    app = next(iter(house.box.slack.core.world.apps.values()))
    app.scopes.discard("files:read")
    await house.start()
    talk = await begin_taken(house, "slack")
    slack(talk).says(HOLDER, talk.thread, "", files=[{"name": "a.png", "content": PNG}])
    await house.until(lambda: told_of(talk, "the app lacks files:read"))
    assert house.app is not None
    findings = await house.app.check()
    assert any("files:read" in one.what for one in findings if not one.ok)
    app.scopes.add("files:read")
    failed = next(one["ts"] for one in slack(talk).posts(talk.thread) if "Not delivered" in seen(one))
    await slack(talk).presses(HOLDER, talk.thread, "Retry", failed)
    await house.until(lambda: client_files(house))
    assert [content for _, content, _ in client_files(house)] == [PNG]


NOT_TO_BE_HAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": "e", "content": b""}, "The file is empty"),
    ({"name": "x.exe", "content": b"MZ" + b"\0" * 100}, "Programs are not passed on"),
    ({"name": "doc", "content": b"x", "mode": "external"}, "a link to a file elsewhere"),
    ({"name": "a.png", "content": PNG, "url_private_download": "http://169.254.169.254/latest"}, "no plain https address"),
    ({"name": "a.png", "content": PNG, "url_private_download": "https://evil.example/f"}, "not the platform's own"),
    ({"name": "a.png", "content": PNG, "redirect": "http://127.0.0.1:9/f"}, "no plain https address"),
    ({"name": "a.png", "content": PNG, "redirect": "https://[::1]/f"}, "not the platform's own"),
)


async def test_F57_F60_what_is_not_to_be_had_is_told_and_nothing_goes(house: House) -> None:
    talk = await begin_taken(house, "slack")
    before = house.client_sees()
    for given, reason in NOT_TO_BE_HAD:
        told = sum(reason in line for line in talk.lines())
        post = slack(talk).says(HOLDER, talk.thread, "", files=[given])
        await house.until(lambda reason=reason, told=told: sum(reason in line for line in talk.lines()) > told)
        await talk.marked(post, "failed")
    assert house.client_sees() == before
    assert b"".join(content for *_, content in await stored(house)) == b""


async def test_F58_a_body_longer_than_it_said_is_cut_and_told(cold_house: House) -> None:
    cold_house.env["RELAYDESK_FILES__LARGEST_MB"] = "1"
    await cold_house.start()
    talk = await begin_taken(cold_house, "slack")
    slack(talk).says(HOLDER, talk.thread, "", files=[{"name": "endless.bin", "content": b"\xff" * (3 << 20), "size": 1024}])
    await cold_house.until(lambda: told_of(talk, "It is larger than 1 MB"))
    assert [content for *_, content in await stored(cold_house)] == [b""]


async def test_R32_what_the_client_can_not_get_by_its_size_is_refused_at_once(cold_house: House) -> None:
    cold_house.env["RELAYDESK_FILES__LARGEST_MB"] = "1"
    await cold_house.start()
    talk = await begin_taken(cold_house, "slack")
    slack(talk).says(HOLDER, talk.thread, "see this", files=[{"name": "big.bin", "content": b"\xff" * (2 << 20)}])
    await cold_house.until(lambda: told_of(talk, "at most 1 MB"))
    assert await stored(cold_house) == []
    assert not any("see this" in one for one in cold_house.client_sees())


async def test_R25_R32_a_file_in_a_thread_nobody_has_taken_is_held(house: House) -> None:
    talk = await begin(house, "slack")
    post = slack(talk).says(HOLDER, talk.thread, "mine", files=[{"name": "a.png", "content": PNG}])
    await talk.marked(post, "held")
    assert await talk.asked(HOLDER) == ["Start and send", "Send once", "Keep as note"]
    assert not any("a.png" in one or "mine" in one for one in house.client_sees())


async def test_F46_only_a_mapped_operators_own_posts_count(house: House) -> None:
    talk = await begin_taken(house, "slack")
    place, core = slack(talk), house.box.slack.core
    room, thread = core.world.room_named(place.room), {"thread_ts": talk.thread}
    stranger = house.box.slack.add_app("Other bot")
    before = house.client_sees()
    core.post(room, {"text": "I am a bot", "user": stranger["bot_user_id"], "bot_id": stranger["bot_id"], **thread})
    core.post(room, {"text": "flow", "subtype": "bot_message", "username": "Workflow", "bot_id": "B0WORKFLOW", **thread})
    core.post(room, {"text": "by token", "user": place.user(HOLDER), "bot_id": "B0TOKEN", "app_id": "A0TOKEN", **thread})
    ours = next(iter(core.world.apps.values())).bot_user_id
    core.post(room, {"text": "echo", "subtype": "file_share", "user": ours, "files": [], "upload": False, **thread})
    place.says(HOLDER, talk.thread, "I am Olga")
    await house.until(lambda: any("I am Olga" in one for one in house.client_sees()))
    await house.settled()
    assert [one for one in house.client_sees() if one not in before] == [house.client_sees()[-1]]
    assert not any(word in " ".join(talk.copies()) for word in ("I am a bot", "flow", "by token", "echo"))


async def test_F56_no_address_and_no_token_leaves_in_either_direction(
    cold_house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    house = cold_house
    house.env["RELAYDESK_LOG__LEVEL"] = "debug"
    await house.start()
    talk = await begin_taken(house, "slack")
    slack(talk).says(HOLDER, talk.thread, "to the client", files=[{"name": "a.bin", "content": b"\xfe" * 9000}])
    await house.until(lambda: client_files(house))
    sent = base64.b64encode(b"\xfd" * 9000).decode()
    house.box.telegram.send_document(**client_chat(house), name="b.bin", content=sent)
    await house.until(lambda: slack(talk).files(talk.thread)[-1][:2] == ("b.bin", b"\xfd" * 9000))
    await house.settled()
    token = next(iter(house.box.slack.core.world.apps.values())).bot_token
    for said in ([call.args for call in house.box.telegram.calls], house.box.telegram.messages(**client_chat(house))):
        assert not [word for word in ("url_private", "/slack/files/", "slack.com", token) if word in str(said)]
    secrets = ["/file/bot", house.env["RELAYDESK_TELEGRAM__CHANNEL_TOKEN"], house.env["RELAYDESK_TELEGRAM__DESK_TOKEN"]]
    said_to_slack = [arguments for _, name, arguments, _ in house.box.slack.calls if name != "files.info"]
    assert not [word for word in [*secrets, token] if word in str(said_to_slack)]
    logged = "".join(capfd.readouterr())
    assert logged
    assert not [word for word in [*secrets, token, "/slack/files/"] if word in logged]


def client_chat(house: House) -> dict[str, Any]:
    return {"chat": house.scene.channel_bot.id, "user": house.scene.clients["ann"]}
