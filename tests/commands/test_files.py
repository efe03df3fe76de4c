"""Files as messages: kept with their words, fetched once, waited for, refused in words (R32, F58)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import pytest

from bot.commands.context import Place
from bot.commands.press import Pressed, pressed
from bot.commands.receive import Received, receive
from bot.commands.reply import Wrote
from bot.commands.wrote import wrote
from bot.delivery.ports import Fetch, FilePost, Permanent, Sent, Words
from bot.domain.actions import Verb
from bot.domain.files import Attachment, File, FileKind, FileState
from bot.domain.people import Actor
from bot.domain.text import RichText
from bot.handlers.shared.files import PROGRAM, Files
from bot.store import files
from bot.store.files import CHUNK
from bot.store.uow import Tx
from tests.commands.conftest import Shop, shop, store, stores
from tests.commands.parcels import packed

__all__ = ["shop", "store", "stores"]

REPORT = Attachment(
    kind=FileKind.DOCUMENT, name="report.txt", mime="text/plain", size=5, source="telegram-channel", ref={"id": "F1"}
)


async def from_client(shop: Shop, sent: Attachment, caption: str = "", *, who: str = "ann", remote_id: str = "f1") -> None:
    def job(tx: Tx) -> None:
        got = Received(
            channel_kind="widget",
            channel_name="site",
            external_id=who,
            client_name=who.title(),
            remote_id=remote_id,
            text=RichText.plain(caption),
            at=tx.now,
            file=sent,
        )
        receive(tx, got)
        shop._place(tx)

    await shop.does(job)


async def from_olga(shop: Shop, *sent: Attachment, text: str = "", at: int = 0) -> str:
    thread = (await shop.threads())[at]

    def job(tx: Tx) -> str:
        said = Wrote(
            Actor("slack", "Uolga", "text"),
            Place(thread.platform, thread.chat, thread.thread),
            "r-files",
            RichText.plain(text),
            tx.now,
            files=sent,
        )
        answer = wrote(tx, said)
        assert answer is not None
        return answer.text

    return str(await shop.does(job))


async def bring(shop: Shop, content: bytes, *, number: int = 1) -> object:
    """The platform gives the bytes."""
    file = await shop.does(lambda tx: files.by_id(tx, number))
    assert isinstance(file, File)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 100_000):
            yield content[start : start + 100_000]

    return await Files(shop.store).take(file, pieces())


async def test_R32_a_clients_file_is_fetched_once_and_goes_to_both_desks(shop: Shop) -> None:
    await from_client(shop, REPORT, "please read")
    (fetch,) = await packed(shop, "fetch:", "fetch")
    assert isinstance(fetch, Fetch) and fetch.file.ref == {"id": "F1"}
    assert await packed(shop, "slack:") == ["not yet"]
    assert await bring(shop, b"hello") == Sent()
    for lane in ("slack:", "telegram-desk:"):
        (post,) = await packed(shop, lane)
        assert isinstance(post, FilePost)
        assert (post.file.name, post.file.mime, post.file.size, post.caption.to_plain()) == (
            "report.txt",
            "text/plain",
            5,
            "please read",
        )
        assert b"".join([piece async for piece in Files(shop.store).pieces(post.file.id)]) == b"hello"
    assert await shop.finds("olga", "report") == 1


async def test_R32_a_repeated_update_keeps_one_file(shop: Shop) -> None:
    for _ in range(2):
        await from_client(shop, REPORT)
    assert len(await shop.queued("fetch")) == 1


async def test_R32_first_words_may_be_a_file(shop: Shop) -> None:
    """The card says what came and bears the caption; the file follows without it."""
    await from_client(shop, REPORT, "from a newcomer", who="bob")
    assert await bring(shop, b"hello") == Sent()
    cards = [one for one in await shop.queued("words") if one["part"] == 1]
    assert len(cards) == 2
    posts = await packed(shop, "slack:") + await packed(shop, "telegram-desk:")
    assert [post.caption.to_plain() for post in posts if isinstance(post, FilePost)] == ["", ""]


async def test_R32_a_caption_no_platform_takes_becomes_a_message_of_its_own(shop: Shop) -> None:
    await from_client(shop, REPORT, "long " * 400)
    assert await bring(shop, b"hello") == Sent()
    first, second = await packed(shop, "slack:")
    assert isinstance(first, FilePost) and first.caption.is_empty
    assert isinstance(second, Words) and second.parts[0].to_plain().startswith("long long")


async def test_F58_a_file_too_large_to_fetch_shows_as_words_with_the_reason(shop: Shop) -> None:
    await from_client(
        shop, Attachment(kind=FileKind.VIDEO, name="film.mp4", mime="video/mp4", size=200 << 20, source="x"), "my film"
    )
    assert await shop.queued("fetch") == []
    (post,) = await packed(shop, "slack:")
    assert isinstance(post, Words)
    assert post.parts[0].to_plain() == "🎬 film.mp4 (200 MB)\nmy film\n⚠️ Too large to be kept here: at most 100 MB."


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 1_000_000


async def test_F58_a_body_without_end_is_cut_at_the_limit_and_leaves_nothing(shop: Shop) -> None:
    await from_client(shop, REPORT)
    file = await shop.does(lambda tx: files.by_id(tx, 1))
    outcome = await Files(shop.store).take(file, endless(), most=3 << 20)
    assert outcome == Permanent("It is larger than 3 MB, the most that is kept here.")
    await shop.does(lambda tx: files.refuse(tx, file.id, outcome.reason))
    assert await shop.does(lambda tx: files.chunk(tx, 1, 0)) is None
    (post,) = await packed(shop, "slack:")
    assert isinstance(post, Words) and "larger than 3 MB" in post.parts[0].to_plain()


@pytest.mark.parametrize(
    ("content", "name", "refused"),
    [
        (b"", "empty.txt", "The file is empty."),
        (b"MZ\x90\0" + b"\0" * 200, "photo.jpg", PROGRAM),
        (b"#!/bin/sh\nrm -rf /", "notes.txt", PROGRAM),
        (b"anything", "setup.exe", PROGRAM),
    ],
)
async def test_F60_what_is_empty_or_a_program_is_refused(shop: Shop, content: bytes, name: str, refused: str) -> None:
    await from_client(shop, Attachment(kind=FileKind.DOCUMENT, name=name, mime="text/plain", source="telegram-channel"))
    assert await bring(shop, content) == Permanent(refused)


async def test_F60_the_type_is_told_by_the_bytes(shop: Shop) -> None:
    claims = Attachment(kind=FileKind.DOCUMENT, name="a.png", mime="image/png", source="telegram-channel")
    await from_client(shop, claims)
    assert await bring(shop, b"<html><script>alert(1)</script></html>") == Sent()
    file = await shop.does(lambda tx: files.by_id(tx, 1))
    assert file.mime == "text/html"


async def test_R32_several_files_of_an_operator_are_so_many_sends_in_order(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    second = Attachment(kind=FileKind.PHOTO, mime="image/png", size=9, source="slack", ref={"id": "F2"})
    assert await from_olga(shop, REPORT, second, text="both of them") == ""
    assert await packed(shop, "widget:") == ["not yet", "not yet"]
    assert await bring(shop, b"hello") == Sent()
    assert await bring(shop, b"\x89PNG\r\n\x1a\n" + b"\0" * 30, number=2) == Sent()
    one, two = await packed(shop, "widget:")
    assert isinstance(one, FilePost) and isinstance(two, FilePost)
    assert (one.file.name, one.caption.to_plain(), two.file.name, two.caption.to_plain()) == (
        "report.txt",
        "both of them",
        "photo.png",
        "",
    )
    assert one.author == "Olga Ivanova" and one.kind == "reply"


async def test_R104_a_file_the_channel_does_not_take_is_refused_at_once_and_nothing_goes(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    big = Attachment(kind=FileKind.DOCUMENT, name="big.zip", mime="application/zip", size=30 << 20, source="slack")
    said = await from_olga(shop, big, text="see this")
    assert said == "Nothing was sent. “big.zip” has 30 MB; Website chat takes at most 20 MB."
    assert await packed(shop, "widget:") == []


async def test_R25_files_are_held_like_words_and_decided_together(shop: Shop) -> None:
    await from_olga(shop, REPORT, REPORT, text="held")
    (question,) = [one for one in await shop.queued("notice") if "Start and send" in str(one["payload"])]
    token = question["payload"]["buttons"][0][2]
    assert await packed(shop, "widget:") == []
    thread = (await shop.threads())[0]

    def job(tx: Tx) -> str:
        place = Place(thread.platform, thread.chat, thread.thread)
        return pressed(tx, Pressed(shop.actor("olga"), place, "", f"send_taking:{token}")).text

    assert await shop.does(job) == "Sent to the client."
    assert await packed(shop, "widget:") == ["not yet", "not yet"]


async def test_R25_a_file_with_a_note_stays_with_the_team(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    await from_olga(shop, REPORT, text="note: the contract")
    assert await packed(shop, "widget:") == []
    assert await bring(shop, b"hello") == Sent()
    (copy,) = await packed(shop, "telegram-desk:")
    assert isinstance(copy, FilePost) and copy.kind == "note"


async def test_F58_what_could_not_be_fetched_is_told_to_the_operator_and_can_be_retried(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    await from_olga(shop, REPORT)
    await shop.does(lambda tx: files.refuse(tx, files.FileId(1), "Slack does not let the app read files."))
    assert await packed(shop, "widget:") == ["Slack does not let the app read files."]
    talk = await shop.talk()
    await shop.does(lambda tx: files.again(tx, files.FileId(1), talk.id))
    assert await packed(shop, "widget:") == ["not yet"]
    assert len(await shop.queued("fetch")) == 2


async def test_R125_bytes_go_after_their_time_and_names_stay(shop: Shop) -> None:
    await from_client(shop, REPORT)
    await bring(shop, b"hello")
    assert await shop.does(lambda tx: files.sweep(tx, tx.now + 1)) == 1
    file = await shop.does(lambda tx: files.by_id(tx, 1))
    assert (file.state, file.name) == (FileState.GONE, "report.txt")
    (post,) = await packed(shop, "slack:")
    assert isinstance(post, Words) and "not kept any more" in post.parts[0].to_plain()


async def test_an_upload_is_good_only_for_whoever_made_it(shop: Shop) -> None:
    made = await shop.does(lambda tx: files.reserve(tx, REPORT, "widget:ann"))
    await shop.does(lambda tx: files.put_chunk(tx, made, 0, b"hello"))
    await shop.does(lambda tx: files.finish(tx, made, size=5, chunks=1, mime="text/plain"))
    stolen = Attachment(kind=FileKind.DOCUMENT, name="report.txt", ref={"file": str(made), "owner": "widget:eve"})
    with pytest.raises(LookupError):
        await from_client(shop, stolen, who="eve")
    own = Attachment(kind=FileKind.DOCUMENT, name="report.txt", ref={"file": str(made), "owner": "widget:ann"})
    await from_client(shop, own)
    (post,) = await packed(shop, "slack:")
    assert isinstance(post, FilePost) and post.file.size == 5


def pieces_of(content: bytes) -> Iterable[bytes]:
    return (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))


async def test_a_second_try_of_a_fetch_leaves_no_piece_of_the_first(shop: Shop) -> None:
    await from_client(shop, REPORT)
    longer, shorter = b"a" * (3 * CHUNK + 1), b"b" * (CHUNK + 7)
    for n, piece in enumerate(pieces_of(longer)):
        await shop.does(lambda tx, n=n, piece=piece: files.put_chunk(tx, files.FileId(1), n, piece))
    assert await bring(shop, shorter) == Sent()
    assert b"".join([piece async for piece in Files(shop.store).pieces(files.FileId(1))]) == shorter
    assert await shop.does(lambda tx: files.chunk(tx, 1, 2)) is None
