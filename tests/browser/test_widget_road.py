"""The website chat in a real browser on the sandbox's shop, with the whole bot behind it: files both ways, marks, and axe (R102)."""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import AsyncIterator
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser import page_kit as kit
from tests.migrated import migrated_sqlite
from tests.road.house import House, open_house
from tests.road.pictures import png
from tests.road.talk import HOLDER, Talk
from tests.road.widget_hands import deletes, desks, edits, files_at, post_of, reacts, sends_file

pytestmark = kit.marks
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SHOTS = os.environ.get("RELAYDESK_SHOTS", "")
"""A folder for pictures of what these tests see; none are taken without it."""
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 100
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.hit=1"><script>window.hit=1</script></svg>'


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The bot on SQLite, and the sandbox with the shop that shows its widget."""
    async with open_house(tmp_path, migrated_sqlite(tmp_path), page=True) as house:
        app = await house.start()
        dress(house, src=f"{app.address}/widget.js")
        yield house


def dress(house: House, **attributes: str) -> None:
    """Other attributes on the shop's script tag."""
    house.box.scene = {**house.box.scene, "widget": {**house.box.scene["widget"], **attributes}}


class Shopper:
    """A person on the shop's page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.box = page.locator("textarea")
        self.panel = page.locator(".panel")

    def row(self, text: str) -> Locator:
        return self.page.locator(".row", has_text=text)

    async def writes(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")

    async def chooses(self, name: str, content: bytes, mime: str) -> None:
        await self.page.locator("input[type=file]").set_input_files([{"name": name, "mimeType": mime, "buffer": content}])

    async def does(self, row: Locator, label: str) -> None:
        """Unfold what can be done with a message, and do it."""
        await row.hover()
        await row.get_by_role("button", name="Message actions").click()
        await row.get_by_role("button", name=label, exact=True).click()

    async def shot(self, name: str) -> None:
        if SHOTS:
            await self.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


async def visit(browser: Browser, house: House, size: str = "desktop", **how: Any) -> Shopper:
    phone = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2} if size == "phone" else {}
    context: BrowserContext = await browser.new_context(viewport=SIZES[size], **{"locale": "en-GB", **phone, **how})  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    shopper = Shopper(await context.new_page())
    await shopper.page.goto(f"{house.box.url}/client-site")
    await shopper.page.locator(".launcher").click()
    return shopper


async def begin(house: House, shopper: Shopper, text: str = "Hello, is the Ridge jacket back in M?") -> Talk:
    """The first words, taken by Olga in Slack."""
    await shopper.writes(text)
    mine, other = desks(house, "slack")
    await house.until(lambda: mine.threads() and other.threads())
    await house.settled()
    talk = Talk(house, mine, other, mine.threads()[-1], other.threads()[-1])
    await talk.presses(HOLDER, "Start conversation")
    await house.settled()
    return talk


def read(path: Path) -> bytes:
    return path.read_bytes()


def picture() -> bytes:
    """Something to look at: a jacket-coloured gradient."""
    width, height = 320, 220
    rows = b"".join(
        b"\0" + b"".join(bytes([70 + y // 3, 120 + x // 8, 90 + (x + y) // 8]) for x in range(width)) for y in range(height)
    )
    blank = png(width, height)
    head, _, tail = blank.partition(b"IDAT")
    packed = zlib.compress(rows)
    crc = zlib.crc32(b"IDAT" + packed).to_bytes(4, "big")
    end = tail[tail.index(b"IEND") - 4 :]
    return head[:-4] + len(packed).to_bytes(4, "big") + b"IDAT" + packed + crc + end


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_R102_R32_a_person_chats_with_files_both_ways(browser: Browser, house: House, size: str, scheme: str) -> None:
    shopper = await visit(browser, house, size, color_scheme=scheme)
    await expect(shopper.panel).to_be_visible()
    await shopper.shot(f"{size}-{scheme}-0")
    talk = await begin(house, shopper)
    photo = picture()
    await shopper.chooses("jacket.png", photo, "image/png")
    await house.until(lambda: files_at(talk.mine, talk.thread) and files_at(talk.other, talk.there))
    assert files_at(talk.mine, talk.thread) == [("jacket.png", photo)]
    await expect(shopper.page.locator(".row.mine img[alt='jacket.png']")).to_be_visible()
    talk.says(HOLDER, "It is, in moss and in slate. Here is the size chart:")
    sends_file(talk, "Size chart 2026.pdf", PDF)
    answer = shopper.row("Size chart 2026.pdf")
    await expect(answer).to_be_visible()
    sends_file(talk, "slate.png", photo, "And this is slate.", "image/png")
    await expect(shopper.page.locator("img[alt='slate.png']")).to_be_visible()
    async with shopper.page.expect_download() as saving:
        await answer.get_by_role("button", name="Download Size chart 2026.pdf").click()
    assert read(await (await saving.value).path()) == PDF
    await shopper.writes("Slate it is. Thank you!")
    await expect(shopper.row("Slate it is").get_by_role("img", name="Delivered to the team")).to_be_visible()
    reacts(talk, post_of(talk.mine, talk.thread, "Slate it is"), "tada", "🎉")
    await expect(shopper.row("Slate it is").locator(".sign")).to_have_text("🎉")
    await house.settled()
    await shopper.shot(f"{size}-{scheme}-1")
    assert shopper.errors == []
    await shopper.page.context.close()


async def test_R102_R33_R34_R35_changes_marks_and_quotes_are_shown(browser: Browser, house: House) -> None:
    shopper = await visit(browser, house)
    talk = await begin(house, shopper)
    post = talk.says(HOLDER, "It is not, sorry.")
    said = shopper.row("It is not, sorry.")
    await expect(said).to_be_visible()
    await talk.marked(post, "read")
    edits(talk, post, "It is, from Friday on.")
    await expect(shopper.row("It is, from Friday on.")).to_contain_text("edited")
    await shopper.does(shopper.row("It is, from Friday on."), "Reply")
    await expect(shopper.page.locator(".about-to")).to_contain_text("Reply to Olga Ivanova It is, from Friday on.")
    await shopper.writes("Frdiay suits me")
    mine = shopper.page.locator(".row.mine", has_text="suits me")
    await expect(mine.locator(".quote")).to_contain_text("It is, from Friday on.")
    await expect(mine).to_have_attribute("data-state", "sent")
    await shopper.does(mine, "Edit")
    await expect(shopper.box).to_have_value("Frdiay suits me")
    await shopper.shot("desktop-light-2")
    await shopper.writes("Friday suits me")
    await house.until(lambda: any("Friday suits me" in line for line in talk.lines()))
    await shopper.does(shopper.row("It is, from Friday on.").first, "React with ❤️")
    await house.until(lambda: any("heart" in str(one.get("reactions")) for one in talk.mine.posts(talk.thread)))
    await mine.hover()
    await mine.get_by_role("button", name="Message actions").click()
    await mine.get_by_role("button", name="Delete").click()
    await mine.get_by_role("button", name="Really delete?").click()
    await expect(mine).to_have_count(0)
    await house.until(lambda: any("deleted this message" in line for line in talk.copies()))
    deletes(talk, post)
    await expect(shopper.row("from Friday on")).to_have_count(0)
    await shopper.page.reload()
    await shopper.page.locator(".launcher").click()
    await expect(shopper.page.locator(".bubble")).to_have_count(1)
    assert shopper.errors == []


async def test_R102_an_upload_shows_its_progress_and_can_be_stopped(browser: Browser, house: House) -> None:
    shopper = await visit(browser, house)
    talk = await begin(house, shopper)
    go = asyncio.Event()

    async def slow(route: Any) -> None:
        await go.wait()
        await route.continue_()

    await shopper.page.route("**/widget/files?*", slow)
    await shopper.chooses("long.pdf", PDF, "application/pdf")
    row = shopper.row("long.pdf")
    await expect(row.get_by_role("progressbar", name="Upload of long.pdf")).to_be_visible()
    await shopper.writes("while it goes")
    await expect(shopper.row("while it goes")).to_have_attribute("data-state", "sent")
    await row.get_by_role("button", name="Cancel").click()
    await expect(row).to_have_count(0)
    go.set()
    await house.settled()
    assert files_at(talk.mine, talk.thread) == []
    await shopper.chooses("empty.txt", b"", "text/plain")
    await expect(shopper.page.locator(".notice")).to_have_text("“empty.txt” is empty.")
    await shopper.chooses("run.exe", b"MZ" + bytes(300), "application/x-msdownload")
    await expect(shopper.row("run.exe")).to_contain_text("Programs are not passed on here.")
    await shopper.row("run.exe").get_by_role("button", name="Delete").click()
    await expect(shopper.row("run.exe")).to_have_count(0)


async def test_R102_files_come_by_paste_and_drop_too(browser: Browser, house: House) -> None:
    shopper = await visit(browser, house)
    talk = await begin(house, shopper)
    for kind, name in (("paste", "pasted.txt"), ("drop", "dropped.txt")):
        await shopper.page.evaluate(
            """([kind, name]) => {
              const root = document.querySelector("relaydesk-widget").shadowRoot;
              const data = new DataTransfer();
              data.items.add(new File([name + " holds this"], name, { type: "text/plain" }));
              const event = kind === "paste" ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
                : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
              root.querySelector(kind === "paste" ? "textarea" : ".panel").dispatchEvent(event);
            }""",
            [kind, name],
        )
    await house.until(lambda: len(files_at(talk.mine, talk.thread)) == 2)
    assert sorted(files_at(talk.mine, talk.thread)) == [
        ("dropped.txt", b"dropped.txt holds this"),
        ("pasted.txt", b"pasted.txt holds this"),
    ]


async def test_F54_a_picture_or_page_with_a_script_is_only_bytes(browser: Browser, house: House) -> None:
    shopper = await visit(browser, house)
    talk = await begin(house, shopper)
    await shopper.chooses("mine.svg", SVG, "image/svg+xml")
    sends_file(talk, "theirs.svg", SVG, mime="image/svg+xml")
    sends_file(talk, "theirs.html", b"<!doctype html><script>window.hit=1</script>", mime="text/html")
    for name in ("mine.svg", "theirs.svg", "theirs.html"):
        save = shopper.row(name).get_by_role("button", name=f"Download {name}")
        await expect(save).to_be_enabled()
        async with shopper.page.expect_download() as saving:
            await save.click()
        assert (await saving.value).suggested_filename == name
    assert await shopper.page.locator(".bubble").locator("img, iframe, object, embed, video").count() == 0
    types = await shopper.page.evaluate("Promise.all([...performance.getEntriesByType('resource')].map((one) => one.name))")
    assert not any("slack" in one and "/widget" not in one for one in types)
    assert await shopper.page.evaluate("window.hit") is None


@pytest.mark.parametrize(
    ("lang", "button", "box"),
    [
        ("ru", "Открыть чат", "Напишите сообщение…"),
        ("kk", "Чатты ашу", "Хабарлама жазыңыз…"),
        ("de", "Chat öffnen", "Nachricht schreiben…"),
    ],
)
async def test_R102_it_speaks_the_visitors_language(browser: Browser, house: House, lang: str, button: str, box: str) -> None:
    context = await browser.new_context(viewport=SIZES["desktop"], locale={"ru": "ru-RU", "kk": "kk-KZ", "de": "de-AT"}[lang])  # type: ignore[arg-type]
    page = await context.new_page()
    dress(house, lang=lang)
    await page.goto(f"{house.box.url}/client-site")
    await page.get_by_role("button", name=button).click()
    await expect(page.locator("textarea")).to_have_attribute("placeholder", box)
    await context.close()


async def test_R102_sound_is_off_until_it_is_wanted(browser: Browser, house: House) -> None:
    shopper = await visit(browser, house)
    bell = shopper.page.get_by_role("button", name="Sound for new messages")
    await expect(bell).to_have_attribute("aria-pressed", "false")
    await bell.click()
    await expect(bell).to_have_attribute("aria-pressed", "true")
    await shopper.page.reload()
    await shopper.page.locator(".launcher").click()
    await expect(bell).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
async def test_R102_axe_finds_nothing(browser: Browser, house: House, size: str, scheme: str) -> None:
    shopper = await visit(browser, house, size, color_scheme=scheme)
    talk = await begin(house, shopper)
    await shopper.chooses("jacket.png", picture(), "image/png")
    await expect(shopper.page.locator(".row.mine img")).to_be_visible()
    post = talk.says(HOLDER, "A *bold* answer with `code`\n> and a quote")
    await expect(shopper.row("bold")).to_be_visible()
    reacts(talk, post_of(talk.mine, talk.thread, "Ridge jacket"), "tada", "🎉")
    await expect(shopper.page.locator(".sign")).to_be_visible()
    await shopper.row("bold").hover()
    await shopper.row("bold").get_by_role("button", name="Message actions").click()
    assert post
    axe = resources("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    await shopper.page.evaluate(axe)
    found = await shopper.page.evaluate("axe.run('relaydesk-widget', { resultTypes: ['violations'] })")
    told = [f"{one['id']}: {node['html'][:120]} {node['failureSummary']}" for one in found["violations"] for node in one["nodes"]]
    assert told == []
    await shopper.shot(f"{size}-{scheme}-3")
