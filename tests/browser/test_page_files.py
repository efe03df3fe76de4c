"""Files in the sandbox's page: a person picks them from his disk, and sees pictures, players and links."""

from __future__ import annotations

import io
import wave
from pathlib import Path

from aiogram.types import BufferedInputFile
from playwright.async_api import Page, expect

from sandbox.scene import Scene
from sandbox.server import Sandbox
from tests.browser import page_kit as kit
from tests.road.pictures import PDF, png

pytestmark = kit.marks
sandbox, scene, bot, page = kit.sandbox, kit.scene, kit.bot, kit.page


def hum() -> bytes:
    """A tenth of a second that any browser plays."""
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))
    return made.getvalue()


async def test_the_client_attaches_pictures_and_a_file(page: Page, sandbox: Sandbox, scene: Scene, tmp_path: Path) -> None:
    ann, shop = scene.clients["ann"], scene.channel_bot.id
    sandbox.telegram.start(user=ann, bot=shop)
    for name, content in (("a.png", png(60, 40)), ("b.png", png(60, 40, 90)), ("bill.pdf", PDF)):
        (tmp_path / name).write_bytes(content)
    client = page.locator("#client")
    await client.get_by_role("textbox").fill("look")
    await client.get_by_label("Attach files").last.set_input_files([tmp_path / "a.png", tmp_path / "b.png"])
    await expect(client.locator(".photo img")).to_have_count(2)
    await client.get_by_label("Attach files").last.set_input_files(tmp_path / "bill.pdf")
    await expect(client.locator("a.doc", has_text="bill.pdf")).to_be_visible()
    _, first, second, bill = sandbox.telegram.messages(chat=shop, user=ann)
    assert first["caption"] == "look" and "caption" not in second
    assert first["media_group_id"] == second["media_group_id"]
    assert sandbox.telegram.files[first["photo"][-1]["file_id"]].content == png(60, 40)
    assert sandbox.telegram.files[bill["document"]["file_id"]].content == PDF
    await client.locator("article", has_text="look").hover()
    await client.locator("article", has_text="look").get_by_role("button", name="Message menu").click()
    await page.get_by_role("menuitem", name="Edit").click()
    await client.get_by_role("textbox").fill("look here")
    await page.keyboard.press("Enter")
    await expect(client.locator("article", has_text="look here")).to_contain_text("edited")


async def test_an_operator_sees_what_the_bot_sends_and_attaches_in_the_topic(
    page: Page, sandbox: Sandbox, scene: Scene, bot: kit.TinyBot, tmp_path: Path
) -> None:
    thread, forum = await kit.topic_with_card(bot, scene), scene.forums["sales"]
    await page.locator("#telegram").get_by_role("button", name="Ann Lee").click()
    await bot.desk.send_photo(forum, BufferedInputFile(png(80, 60), "a.png"), message_thread_id=thread, caption="Ann\nour cat")
    await bot.desk.send_audio(forum, BufferedInputFile(hum(), "hum.wav"), message_thread_id=thread)
    await bot.desk.send_video(forum, BufferedInputFile(b"not a film", "film.mp4"), message_thread_id=thread)
    topic = page.locator("#telegram .chat")
    await expect(topic.locator("article", has_text="our cat").locator(".photo img")).to_be_visible()
    await expect(topic.locator("audio")).to_have_js_property("readyState", 4)
    await expect(topic.locator("a.doc", has_text="film.mp4")).to_be_visible()
    (tmp_path / "hum.ogg").write_bytes(b"OggS" + bytes(40))
    await page.locator("#telegram").get_by_label("Attach files").last.set_input_files(tmp_path / "hum.ogg")
    voice = await sandbox.until(lambda: sandbox.telegram.messages(chat=forum, thread=thread)[-1].get("voice"))
    assert sandbox.telegram.files[voice["file_id"]].content == b"OggS" + bytes(40)
