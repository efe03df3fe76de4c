"""Telegram's files, changes and reactions through the real aiogram: what each call looks like, and what its failures mean."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot.delivery.ports import (
    Address,
    Ambiguous,
    DeletePost,
    EditPost,
    Fate,
    Fetch,
    FilePost,
    Outcome,
    Parcel,
    Permanent,
    Quoted,
    React,
    Retry,
    Sent,
    Unsupported,
    Words,
)
from bot.domain.capabilities import MB
from bot.domain.files import Attachment, File, FileKind
from bot.domain.ids import FileId
from bot.domain.text import EMPTY, Paragraph, RichText, Span, Style, utf16_len
from bot.handlers.shared import mime
from bot.handlers.shared.files import Files
from bot.handlers.shared.telegram_api import BotApi, Missing
from bot.handlers.shared.telegram_draft import CAPTION, signed
from bot.handlers.shared.telegram_posts import captioned, shape
from bot.handlers.shared.telegram_reactions import ALLOWED, MARKS, chosen, emoji_in
from bot.store import files, tables
from bot.store.uow import Tx
from sandbox.telegram.editing import REACTIONS
from tests.handlers.test_telegram_outbound import Desk, words
from tests.road.pictures import MP4, OGG, PDF, WEBP, encoded, png
from tests.telegram_house import opened

Json = dict[str, Any]


class FileDesk(Desk):
    """A desk whose store holds files."""

    async def keep(self, kind: FileKind, content: bytes, name: str, mime: str, **more: Any) -> File:
        """A file of a conversation, its bytes in the store."""

        def job(tx: Tx) -> File:
            sent = Attachment(kind=kind, name=name, mime=mime, size=len(content), **more)
            number = files.reserve(tx, sent, "test")
            for start in range(0, len(content), files.CHUNK):
                files.put_chunk(tx, number, start // files.CHUNK, content[start : start + files.CHUNK])
            files.finish(tx, number, size=len(content), chunks=-(-len(content) // files.CHUNK), mime=mime)
            found = files.by_id(tx, number)
            assert found is not None
            return found

        return cast("File", await self.house.store.write(job))

    def last(self) -> Json:
        """The newest message of the topic."""
        return cast("Json", self.telegram.messages(self.forum, int(self.thread))[-1])

    def bytes_of(self, message: Json, kind: str) -> bytes | None:
        part = message[kind][-1] if kind == "photo" else message[kind]
        return self.telegram.files[part["file_id"]].content

    def arguments(self, method: str) -> Json:
        """What the newest call of that method said."""
        return [call.args for call in self.telegram.calls if call.method == method][-1]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[FileDesk]:
    async with opened(tmp_path, start=False) as house:
        desk = FileDesk(house)
        desk.thread = str(house.telegram.create_topic(house.olga, house.forum, "Ann")["message_thread_id"])
        house.telegram.start(house.ann, house.bot_id)
        yield desk
        await desk.api.close()


def a_file(kind: FileKind = FileKind.DOCUMENT, mime: str = "application/pdf", size: int = 9) -> File:
    return File(id=FileId(1), kind=kind, name="a.pdf", mime=mime, size=size)


def post(file: File, caption: str = "", kind: str = "client", quote: Quoted | None = None) -> FilePost:
    return FilePost("Ann", kind, file, RichText.plain(caption) if caption else EMPTY, quote=quote)


BOLD = RichText((Paragraph((Span("bold", frozenset({Style.BOLD})),)),))


class TestSending:
    async def test_R32_a_file_of_many_pieces_arrives_whole_under_its_name(self, desk: FileDesk) -> None:
        content = bytes(range(256)) * 3000  # three pieces
        file = await desk.keep(FileKind.DOCUMENT, content, "Отчёт 100%.bin", "application/octet-stream")
        assert isinstance(await desk.give(post(file, "for you", kind="operator")), Sent)
        said = desk.last()
        assert desk.bytes_of(said, "document") == content
        assert said["document"]["file_name"] == "Отчёт 100%.bin"
        assert said["caption"] == "🧑\u200d💼 Ann\nfor you"
        assert [one["type"] for one in said["caption_entities"]] == ["bold"]

    async def test_how_each_kind_is_sent_and_for_how_long_it_plays(self, desk: FileDesk) -> None:
        voice = await desk.keep(FileKind.VOICE, OGG, "v.ogg", "audio/ogg", seconds=7)
        assert isinstance(await desk.reply(post(voice, kind="reply")), Sent)
        assert desk.arguments("sendVoice")["duration"] == "7"
        document = await desk.keep(FileKind.DOCUMENT, MP4, "v.mp4", "video/mp4")
        await desk.give(post(document))
        assert desk.last()["document"]["file_name"] == "v.mp4"

    async def test_R32_what_can_bear_no_words_goes_as_what_can_when_it_has_some(self, desk: FileDesk) -> None:
        sticker = await desk.keep(FileKind.STICKER, WEBP, "s.webp", "image/webp")
        note = await desk.keep(FileKind.VIDEO_NOTE, MP4, "n.mp4", "video/mp4")
        await desk.give(post(sticker))
        assert "sticker" in desk.last()
        await desk.give(post(sticker, kind="operator"))
        assert desk.last()["caption"] == "🧑\u200d💼 Ann" and "document" in desk.last()
        await desk.give(post(note, "hi"))
        assert desk.last()["caption"] == "Ann\nhi" and "video" in desk.last()

    def test_shapes_by_type_and_size(self) -> None:
        def way(kind: FileKind, mime: str, size: int = 9) -> str:
            return shape(a_file(kind, mime, size), wordless=True)

        assert way(FileKind.PHOTO, "image/jpeg") == "photo"
        assert way(FileKind.PHOTO, "image/jpeg", 10 * MB + 1) == "document"
        assert way(FileKind.PHOTO, "image/svg+xml") == "document"
        assert way(FileKind.VIDEO, "video/webm") == "document"
        assert way(FileKind.AUDIO, "audio/flac") == "document"
        assert way(FileKind.STICKER, mime.of_content(gzip.compress(b"{}"), "application/x-tgsticker")) == "sticker"
        assert way(FileKind.DOCUMENT, "image/jpeg") == "document"

    async def test_R32_what_telegram_refuses_in_one_shape_goes_as_a_document(self, desk: FileDesk) -> None:
        photo = await desk.keep(FileKind.PHOTO, png(400, 10), "banner.png", "image/png")
        assert isinstance(await desk.give(post(photo, "wide")), Sent)
        assert desk.last()["document"]["file_name"] == "banner.png"
        voice = await desk.keep(FileKind.VOICE, OGG, "v.ogg", "audio/ogg")
        desk.fault("sendVoice", "error", error="Bad Request: VOICE_MESSAGES_FORBIDDEN")
        assert isinstance(await desk.reply(post(voice, kind="reply")), Sent)
        (heard,) = [one for one in desk.telegram.messages(desk.house.bot_id, user=desk.house.ann) if "document" in one]
        assert desk.bytes_of(heard, "document") == OGG

    async def test_R32_what_the_server_has_no_method_for_goes_as_a_document(self, desk: FileDesk) -> None:
        body = '{"ok":false,"error_code":404,"description":"Not Found: method not found"}'
        desk.fault("sendVideoNote", "status", status=404, body=body)
        note = await desk.keep(FileKind.VIDEO_NOTE, MP4, "note.mp4", "video/mp4")
        assert isinstance(await desk.give(post(note)), Sent)
        assert desk.last()["document"]["file_name"] == "note.mp4"

    async def test_a_refusal_that_is_not_about_the_file_is_final(self, desk: FileDesk) -> None:
        photo = await desk.keep(FileKind.PHOTO, png(), "a.png", "image/png")
        desk.telegram.block(desk.house.ann, desk.house.bot_id)
        assert await desk.reply(post(photo, kind="reply")) == Permanent("The client has blocked the bot.", "blocked")
        assert await desk.give(post(photo), thread="999") == Permanent("The topic was deleted.", "thread_gone")
        assert desk.telegram.counts["sendDocument", False] == 0

    async def test_F34_a_caption_that_cannot_be_parsed_goes_plain(self, desk: FileDesk) -> None:
        file = await desk.keep(FileKind.DOCUMENT, PDF, "a.pdf", "application/pdf")
        desk.fault("sendDocument", "error", error="Bad Request: can't parse entities: x")
        assert isinstance(await desk.give(FilePost("Ann", "client", file, BOLD)), Sent)
        assert desk.last()["caption"] == "Ann\nbold" and "caption_entities" not in desk.last()

    async def test_F19_F20_a_broken_connection_is_told_truly(self, desk: FileDesk) -> None:
        file = await desk.keep(FileKind.DOCUMENT, PDF, "a.pdf", "application/pdf")
        desk.fault("sendDocument", "drop_after")
        assert isinstance(await desk.give(post(file)), Ambiguous)
        big = await desk.keep(FileKind.DOCUMENT, bytes(files.CHUNK * 2), "b.bin", "application/octet-stream")

        def lose(tx: Tx) -> None:
            tx.execute(tables.file_chunk.delete().where(tables.file_chunk.c.file_id == big.id, tables.file_chunk.c.n == 1))

        await desk.house.store.write(lose)
        assert isinstance(await desk.give(post(big)), Retry)  # it stopped in the middle, so nobody has it

    async def test_R35_a_quote_points_or_is_told_in_a_line(self, desk: FileDesk) -> None:
        file = await desk.keep(FileKind.DOCUMENT, PDF, "a.pdf", "application/pdf")
        first = await desk.give(words("where?"))
        assert isinstance(first, Sent)
        await desk.give(post(file, "here", quote=Quoted(first.remote_id, "Ann", "where?")))
        assert desk.last()["reply_to_message"]["text"] == "Ann\nwhere?"
        assert desk.last()["caption"] == "Ann\nhere"
        await desk.give(Words("Olga", "operator", (RichText.plain("there"),), quote=Quoted("", "Ann", "where?")))
        assert desk.last()["text"] == "🧑\u200d💼 Olga\nAnn: where?\nthere"
        assert [one["type"] for one in desk.last()["entities"]] == ["bold", "blockquote"]
        await desk.give(Words("Ann", "client", (RichText.plain("gone"),), quote=Quoted("99999", "Olga", "x")))
        assert desk.last()["text"] == "Ann\ngone"


class TestDrawing:
    @pytest.mark.parametrize("size", [0, 10, 800, 1000, 1020, 1024, 1500])
    @pytest.mark.parametrize("name", ["", "Ann", "X" * 300])
    def test_F51_a_caption_always_fits(self, size: int, name: str) -> None:
        said = captioned(
            signed(name, (RichText.plain("😀" * (size // 2)),), quote=Quoted("", "A" * 90, "q" * 120), limit=CAPTION)
        )
        assert utf16_len(said.get("caption", "")) <= CAPTION
        for one in said.get("caption_entities", ()):
            assert one["offset"] + one["length"] <= utf16_len(said["caption"])


class TestChanging:
    async def test_R33_words_and_captions_are_changed_and_the_same_again_is_well(self, desk: FileDesk) -> None:
        made = await desk.give(words("one"))
        assert isinstance(made, Sent)
        for _ in range(2):
            assert isinstance(await desk.give(EditPost(made.remote_id, words("two"))), Sent)
        assert desk.last()["text"] == "Ann\ntwo"
        file = await desk.keep(FileKind.DOCUMENT, PDF, "a.pdf", "application/pdf")
        made = await desk.give(post(file, "one"))
        assert isinstance(made, Sent)
        assert isinstance(await desk.give(EditPost(made.remote_id, post(file, "two"))), Sent)
        assert desk.last()["caption"] == "Ann\ntwo"
        assert isinstance(await desk.give(EditPost(made.remote_id, words("three"))), Sent)  # its bytes are not kept any more
        assert desk.last()["caption"] == "Ann\nthree"
        sticker = await desk.keep(FileKind.STICKER, WEBP, "s.webp", "image/webp")
        made = await desk.give(post(sticker))
        assert isinstance(made, Sent)
        assert await desk.give(EditPost(made.remote_id, post(sticker))) == made

    async def test_what_is_gone_or_anothers_cannot_be_changed(self, desk: FileDesk) -> None:
        assert await desk.give(EditPost("999", words())) == Permanent("It is not there any more.")
        mine = desk.telegram.send(desk.olga, desk.forum, "mine", int(desk.thread))["message_id"]
        assert isinstance(await desk.give(EditPost(str(mine), words())), Permanent)

    async def test_R33_deletions(self, desk: FileDesk, monkeypatch: pytest.MonkeyPatch) -> None:
        made = await desk.give(words("oops"))
        assert isinstance(made, Sent)
        for _ in range(2):
            assert await desk.give(DeletePost(made.remote_id)) == made
        assert desk.telegram.messages(desk.forum, int(desk.thread))[1:] == []
        old = await desk.reply(words("old", kind="reply"))
        assert isinstance(old, Sent)
        clock = desk.telegram.clock
        monkeypatch.setattr(desk.telegram, "clock", lambda: clock() + 49 * 3600)
        outcome = await desk.reply(DeletePost(old.remote_id))
        assert outcome == Unsupported("Telegram takes a message back only within 48 hours.")

    async def test_R35_a_reaction_is_the_newest_that_telegram_has_else_the_fate(self, desk: FileDesk) -> None:
        mine = str(desk.telegram.send(desk.olga, desk.forum, "mine", int(desk.thread))["message_id"])

        async def shown(*emoji: str, fate: Fate | None = None) -> list[str]:
            assert await desk.give(React(mine, emoji, fate)) == Sent(mine)
            return [one["emoji"] for one in desk.last()["reactions"]]

        assert await shown("🐸", "❤️", "🔥") == ["❤"]
        assert await shown("👍🏽") == ["👍"]
        assert await shown("🐸", fate=Fate.READ) == ["👀"]
        assert await shown() == []
        assert isinstance(await desk.give(React("999", ("👍",))), Unsupported)

    def test_the_lists_of_reactions(self) -> None:
        assert ALLOWED == REACTIONS
        assert set(MARKS) == set(Fate) and set(MARKS.values()) <= ALLOWED
        assert chosen((), None) == []
        mixed = [{"type": "emoji", "emoji": "❤"}, {"type": "custom_emoji", "custom_emoji_id": "5"}, {"type": "paid"}, None, "x"]
        assert emoji_in(mixed) == ("❤",)
        assert emoji_in(None) == ()


class TestFetching:
    async def fetch(self, desk: FileDesk, sent: Json, kind: str = "document", **more: Any) -> tuple[Outcome, File | None]:
        """Have a message's file fetched; how it went, and what is kept."""
        about = sent[kind][-1] if kind == "photo" else sent[kind]

        def job(tx: Tx) -> FileId:
            found = Attachment(
                kind=FileKind.DOCUMENT, name="a.pdf", source="telegram-channel", ref={"file_id": about["file_id"]}, **more
            )
            row = files._row(tx, None, found, EMPTY) | {"state": "wanted"}
            return FileId(tx.execute(files._ADD, row).scalar_one())

        number = await desk.house.store.write(job)
        file = await desk.house.store.read(lambda tx: files.by_id(tx, number))
        outcome = await desk.clients.deliver(Parcel(1, Address(""), Fetch(file)))
        return outcome, await desk.house.store.read(lambda tx: files.by_id(tx, number))

    def sent(self, desk: FileDesk, content: bytes | None = PDF, **more: Any) -> Json:
        body = {"content": encoded(content)} if content is not None else {}
        return cast("Json", desk.telegram.send_document(desk.house.ann, desk.house.bot_id, "a.pdf", **body, **more))

    async def test_R32_bytes_come_whole_and_tell_their_type(self, desk: FileDesk) -> None:
        outcome, kept = await self.fetch(desk, self.sent(desk))
        assert outcome == Sent() and kept is not None
        assert (kept.state, kept.size, kept.mime) == ("here", len(PDF), "application/pdf")
        pieces = [piece async for piece in Files(desk.house.store).pieces(kept.id)]  # type: ignore[arg-type]
        assert b"".join(pieces) == PDF

    async def test_F58_too_large_by_telegrams_own_word_and_by_what_comes(self, desk: FileDesk) -> None:
        words = "Too large to fetch: a bot gets at most 20 MB from Telegram."
        outcome, _ = await self.fetch(desk, self.sent(desk, None, size=21 << 20))
        assert outcome == Permanent(words)

    async def test_what_is_away_for_a_while_is_tried_again(self, desk: FileDesk) -> None:
        desk.fault("getFile", "error", error="Bad Request: wrong file_id or the file is temporarily unavailable")
        assert isinstance((await self.fetch(desk, self.sent(desk)))[0], Retry)
        desk.fault("download", "status", status=502, body="<html>")
        assert isinstance((await self.fetch(desk, self.sent(desk)))[0], Retry)
        desk.fault("download", "drop_before", times=2)  # aiohttp asks once more by itself
        assert isinstance((await self.fetch(desk, self.sent(desk)))[0], Retry)
        desk.fault("getFile", "rate_limit", seconds=9)
        outcome, _ = await self.fetch(desk, self.sent(desk))
        assert isinstance(outcome, Retry) and outcome.after == 9.0 and not outcome.counted

    async def test_what_is_gone_is_told(self, desk: FileDesk) -> None:
        desk.fault("download", "status", status=404, body='{"ok":false,"error_code":404,"description":"Not Found"}')
        outcome, _ = await self.fetch(desk, self.sent(desk))
        assert outcome == Permanent("Telegram does not have the file any more.")
        desk.fault("getFile", "error", error="Bad Request: invalid file_id")
        assert (await self.fetch(desk, self.sent(desk)))[0] == Permanent("Telegram does not give this file.")

    async def test_F57_F73_no_redirect_is_followed_and_no_error_holds_the_token(self, desk: FileDesk) -> None:
        desk.fault("download", "status", status=302, body="")
        outcome, _ = await self.fetch(desk, self.sent(desk))
        assert isinstance(outcome, Retry)
        assert desk.house.bot["token"] not in f"{outcome}"

    async def test_a_bot_api_server_of_our_own_names_a_place_on_the_disk(self, desk: FileDesk, tmp_path: Path) -> None:
        place = tmp_path / "file_1.pdf"
        place.write_bytes(PDF * 9000)
        assert desk.api.is_own_server
        for path in (f"{place}", f"file://{place}"):
            assert b"".join([piece async for piece in desk.api.download(path)]) == PDF * 9000
        with pytest.raises(Missing, match="can't be read from here"):
            _ = [piece async for piece in desk.api.download(f"{place}.gone")]
        official = BotApi("1:x")
        assert not official.is_own_server
        await official.close()
