"""Files in the Telegram stand-in, through the real aiogram: what it takes, what it refuses, what people send."""

from __future__ import annotations

import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BufferedInputFile, Message

from sandbox.people import Mistake
from tests.road.pictures import KINDS, MP3, MP4, OGG, PDF, WEBP, encoded, png
from tests.sandbox.test_telegram import Place, clock, place

__all__ = ["clock", "place"]


async def heard(place: Place) -> Message:
    """The newest message the bot has got."""
    update = (await place.updates())[-1]
    message = update.message or update.edited_message
    assert message is not None
    return message


async def test_people_send_files_of_every_kind_and_bots_fetch_them(place: Place) -> None:
    sent = {
        "photo": png(),
        "video": MP4,
        "animation": MP4,
        "audio": MP3,
        "voice": OGG,
        "video_note": MP4,
        "sticker": WEBP,
        "document": PDF,
    }
    assert set(sent) == set(KINDS)
    for kind, content in sent.items():
        getattr(place.telegram, f"send_{kind}")(user=place.ann, chat=place.bot.id, content=encoded(content))
        found = getattr(await heard(place), kind)
        part = found[-1] if kind == "photo" else found
        file = await place.bot.get_file(part.file_id)
        assert file.file_path is not None
        got = await place.bot.download_file(file.file_path)
        assert got is not None and got.read() == content


async def test_a_photo_comes_in_several_sizes_the_largest_last(place: Place) -> None:
    place.telegram.send_photo(user=place.ann, chat=place.bot.id, content=encoded(png()))
    small, large = (await heard(place)).photo or ()
    assert small.width < large.width and small.file_id != large.file_id


async def test_photos_with_odd_sides_are_refused(place: Place) -> None:
    for sides in ((400, 10), (10_000, 600)):
        with pytest.raises(TelegramBadRequest, match="PHOTO_INVALID_DIMENSIONS"):
            await place.bot.send_photo(place.forum, BufferedInputFile(png(*sides), "a.png"))
    assert (await place.bot.send_photo(place.forum, BufferedInputFile(png(200, 10), "a.png"))).photo is not None
    assert (await place.bot.send_document(place.forum, BufferedInputFile(png(400, 10), "a.png"))).document is not None


async def test_more_may_come_than_was_said(place: Place) -> None:
    place.telegram.send_document(user=place.ann, chat=place.bot.id, size=100, given=300_000)
    document = (await heard(place)).document
    assert document is not None and document.file_size == 100
    file = await place.bot.get_file(document.file_id)
    got = await place.bot.download_file(file.file_path or "")
    assert got is not None and len(got.read()) == 300_000


async def test_a_file_is_put_in_the_place_of_another(place: Place) -> None:
    number = place.telegram.send_document(user=place.ann, chat=place.bot.id, content=encoded(PDF))["message_id"]
    before = (await heard(place)).document
    place.telegram.edit_file(user=place.ann, chat=place.bot.id, message_id=number, content=encoded(b"new"), name="b.txt")
    after = await heard(place)
    assert before is not None and after.document is not None and after.edit_date is not None
    assert after.document.file_unique_id != before.file_unique_id
    with pytest.raises(Mistake, match="own messages"):
        place.telegram.edit_file(user=place.oleg, chat=place.forum, message_id=number_of_the_bots(place), content="")


def number_of_the_bots(place: Place) -> int:
    place.telegram.create_topic(user=place.oleg, chat=place.forum, name="x")
    return int(place.telegram.messages(chat=place.forum)[-1]["message_id"])


async def test_an_album_of_peoples_pictures_bears_one_name(place: Place) -> None:
    place.telegram.album(
        user=place.ann, chat=place.bot.id, contents=[encoded(png(shade=1)), encoded(png(shade=2))], caption="two"
    )
    first, second = [update.message for update in await place.updates() if update.message]
    assert first.media_group_id == second.media_group_id is not None
    assert (first.caption, second.caption) == ("two", None)
