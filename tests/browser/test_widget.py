"""The widget in a real browser, on a page with a strict policy: written to, read, cut off, driven by keys (R102, F54)."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from bot.domain.text import BulletList, CodeBlock, Paragraph, Quote, RichText, Span, Style
from bot.handlers.channels.widget.limits import Limits
from tests.browser import page_kit as kit
from tests.migrated import migrated_sqlite
from tests.widget_house import House, at_home

pytestmark = kit.marks

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
NASTY = (
    "<img src=x onerror=window.hit=1>",
    "</script><script>window.hit=1</script>",
    "<svg onload=window.hit=1>",
    "<!--",
    '"><iframe srcdoc="<script>parent.hit=1</script>">',
    "javascript:window.hit=1",
    "data:text/html,<script>hit=1</script>",
    'https://a.example/"onmouseover="hit=1',
    "{{7*7}} ${7*7} %3Cscript%3E &lt;b&gt; &#60;b&#62;",
    "\u202egnp.exe \u2066\u2067",
)
BAD_LINKS = (
    "javascript:hit=1",
    "JaVaScRiPt:hit=1",
    "java\nscript:hit=1",
    " javascript:hit=1",
    "data:text/html,x",
    "vbscript:x",
    "tg://x",
    "file:///etc/passwd",
    "//evil.example",
    "https://good.example@evil.example",
    'https://evil.example/"onclick=hit=1',
    "blob:x",
    "about:blank",
)


@pytest_asyncio.fixture(loop_scope="session")
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with at_home(migrated_sqlite(tmp_path)) as house:
        yield house


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    yield context
    await context.close()


class Chat:
    """A person at the widget."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if self._counts(message.text, message.type) else None)
        page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))
        self.launcher = page.locator(".launcher")
        self.box = page.get_by_role("textbox", name="Message")
        self.panel = page.get_by_role("dialog")
        self.notice = page.locator(".notice")

    @staticmethod
    def _counts(text: str, kind: str) -> bool:
        return kind == "error" and not text.startswith("Failed to load resource")

    def row(self, text: str) -> Locator:
        return self.page.locator(".row", has=self.page.locator(".bubble", has_text=re.compile(f"^{re.escape(text)}$")))

    async def send(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")

    async def is_sent(self, text: str) -> None:
        await expect(self.row(text)).to_have_attribute("data-state", "sent", timeout=15_000)

    async def texts(self) -> list[str]:
        return await self.page.locator(".bubble").all_inner_texts()


async def visit(context: BrowserContext, house: House, *, opened: bool = True) -> Chat:
    chat = Chat(await context.new_page())
    await chat.page.goto(house.url)
    await expect(chat.launcher).to_be_visible()
    if opened:
        await chat.launcher.click()
    return chat


async def in_store(house: House, text: str) -> None:
    async def there() -> bool:
        return bool(await house.talks()) and text in await house.said()

    await house.until(there)


async def test_r102_a_talk_both_ways_under_a_strict_policy(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house)
    await expect(chat.box).to_be_focused()
    await chat.page.get_by_label("Your name").fill("Marta")
    await chat.send("Hello :wave:")
    await chat.is_sent("Hello 👋")
    await in_store(house, "Hello 👋")
    await house.answer("Hi Marta!")
    await expect(chat.row("Hi Marta!")).to_be_visible()
    await expect(chat.page.locator(".name", has_text="Anna")).to_be_visible()
    await expect(chat.row("Hello 👋").get_by_role("img", name="Sent")).to_be_visible()
    await expect(chat.page.get_by_label("Your name")).to_be_hidden()
    await chat.page.locator(".row").nth(1).wait_for()
    assert len(await chat.texts()) == 2
    client = await house.store.read(lambda tx: tx.connection.exec_driver_sql("SELECT name FROM client").scalar())
    assert client == "Marta"
    assert chat.errors == []


async def test_nothing_is_asked_of_the_server_until_somebody_writes(context: BrowserContext, house: House) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    chat = await visit(context, house)
    await chat.box.fill("only thinking")
    said = [url.partition("?")[0].rpartition("/")[2] for url in asked if "/widget/" in url]
    assert said == ["now"], "whether somebody is there, asked by nobody in particular"
    await chat.send("hello")
    await chat.is_sent("hello")
    assert all(url.startswith(house.url) for url in asked)
    token = json.loads(await chat.page.evaluate("Object.entries(localStorage).find(([key]) => key.endsWith(':token'))[1]"))
    assert len(token) == 48
    assert not any(token in url for url in asked)


async def test_a_reload_keeps_history_and_draft(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house)
    await chat.send("first")
    await chat.is_sent("first")
    await in_store(house, "first")
    for number in range(40):
        await house.answer(f"answer {number}")
    await expect(chat.row("answer 39")).to_be_visible()
    await chat.box.fill("half a thou")
    await chat.page.reload()
    await chat.launcher.click()
    await expect(chat.row("answer 39")).to_be_visible()
    await expect(chat.box).to_have_value("half a thou")
    await expect(chat.row("first")).to_have_count(0)
    await chat.page.get_by_role("button", name="Show earlier messages").click()
    await expect(chat.row("first")).to_have_count(1)
    assert await chat.texts() == ["first", *[f"answer {number}" for number in range(40)]]
    await house.answer("and on")
    await expect(chat.row("and on")).to_have_count(1)
    assert chat.errors == []


async def test_a_lost_connection_is_said_and_resumed_and_nothing_is_lost(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house)
    await chat.send("one")
    await chat.is_sent("one")
    await in_store(house, "one")
    await house.stop()
    await chat.send("two")
    await chat.send("three")
    await expect(chat.row("two")).to_have_attribute("data-state", "failed")
    await expect(chat.row("two").get_by_role("button", name="Retry")).to_be_visible()
    await expect(chat.notice).to_contain_text("No connection")
    await house.answer("said meanwhile")
    await house.start()
    await expect(chat.row("said meanwhile")).to_be_visible(timeout=20_000)
    for text in ("two", "three"):
        await chat.is_sent(text)
    await expect(chat.notice).to_be_hidden()
    await in_store(house, "three")
    assert await house.said() == ["one", "said meanwhile", "two", "three"]
    await expect(chat.page.locator(".bubble")).to_have_count(4)
    assert chat.errors == []


async def test_what_was_not_sent_outlives_the_page(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house)
    away = re.compile("/widget/(messages|now)")
    await context.route(away, lambda route: route.abort())
    await chat.send("kept")
    await chat.send("kept too")
    await expect(chat.row("kept")).to_have_attribute("data-state", "failed")
    await chat.page.reload()
    await chat.launcher.click()
    await expect(chat.row("kept")).to_have_attribute("data-state", "failed")
    await expect(chat.row("kept").get_by_role("button", name="Retry")).to_be_visible()
    await context.unroute(away)
    await chat.page.evaluate("window.dispatchEvent(new Event('online'))")
    await chat.is_sent("kept")
    await chat.is_sent("kept too")
    await in_store(house, "kept too")
    assert await house.said() == ["kept", "kept too"]


async def test_an_answer_that_was_lost_on_the_way_doubles_nothing(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house)

    async def accept_and_drop(route: Any) -> None:
        await route.fetch()
        await route.abort()

    await context.route("**/widget/messages*", accept_and_drop, times=2)
    await chat.send("once")
    await chat.is_sent("once")
    await chat.send("twice")
    await chat.is_sent("twice")
    await in_store(house, "twice")
    assert await house.said() == ["once", "twice"]
    await expect(chat.page.locator(".bubble")).to_have_count(2)


async def test_a_refusal_is_said_and_can_be_thrown_away(context: BrowserContext, house: House) -> None:
    house.page = '<script src="/widget.js" data-channel="nowhere" async></script>'
    chat = await visit(context, house)
    await chat.send("hello")
    row = chat.row("hello")
    await expect(row).to_have_attribute("data-state", "refused")
    await expect(row).to_contain_text("There is no such chat here")
    await chat.page.reload()
    await chat.launcher.click()
    await expect(row).to_have_attribute("data-state", "refused")
    await row.get_by_role("button", name="Delete").click()
    await expect(row).to_have_count(0)
    await expect(chat.box).to_be_focused()


async def test_who_writes_too_quickly_loses_nothing(context: BrowserContext, tmp_path: Path) -> None:
    limits = Limits(visitor=60, visitor_burst=2)
    async with at_home(migrated_sqlite(tmp_path), limits=limits) as house:
        chat = await visit(context, house)
        for number in range(5):
            await chat.send(str(number))
        for number in range(5):
            await chat.is_sent(str(number))
        await in_store(house, "4")
        assert await house.said() == ["0", "1", "2", "3", "4"]


async def test_a_visitor_the_server_forgot_begins_anew(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house)
    await chat.send("hello")
    await chat.is_sent("hello")
    await chat.page.evaluate(
        """() => {
          const key = Object.keys(localStorage).find((key) => key.endsWith(":token"));
          localStorage.setItem(key, JSON.stringify("A".repeat(48)));
        }"""
    )
    await chat.page.reload()
    await chat.launcher.click()
    await chat.send("again")
    await chat.is_sent("again")
    await house.until(lambda: _two(house))


async def _two(house: House) -> bool:
    return len(await house.talks()) == 2


async def test_with_the_keyboard_alone(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house, opened=False)
    press = chat.page.keyboard.press
    await press("Tab")
    await expect(chat.page.get_by_role("button", name="Open chat")).to_be_focused()
    await press("Enter")
    await expect(chat.box).to_be_focused()
    await chat.page.keyboard.type("first line")
    await press("Shift+Enter")
    await chat.page.keyboard.type("second line")
    await press("Enter")
    await expect(chat.box).to_have_value("")
    await in_store(house, "first line\nsecond line")
    await press("Tab")
    await expect(chat.page.get_by_role("button", name="Send")).to_be_focused()
    await press("Shift+Tab")
    await press("Shift+Tab")
    await expect(chat.page.get_by_role("button", name="Attach files")).to_be_focused()
    await press("Shift+Tab")
    await expect(chat.page.get_by_role("log")).to_be_focused()
    await press("Shift+Tab")
    await expect(chat.panel.get_by_role("button", name="Close chat")).to_be_focused()
    await press("Escape")
    await expect(chat.panel).to_be_hidden()
    await expect(chat.page.get_by_role("button", name="Open chat")).to_be_focused()
    await press("Space")
    await expect(chat.box).to_be_focused()


async def test_what_a_screen_reader_is_told(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house)
    await expect(chat.panel).to_have_accessible_name("Chat with us")
    await expect(chat.page.get_by_role("log", name="Messages")).to_have_attribute("aria-live", "polite")
    await expect(chat.launcher).to_have_attribute("aria-expanded", "true")
    await chat.send("hello")
    await chat.is_sent("hello")
    await in_store(house, "hello")
    await expect(chat.page.locator(".row.mine .author")).to_have_text("You")
    await chat.page.keyboard.press("Escape")
    await house.answer("are you there?")
    await expect(chat.page.get_by_role("button", name="Open chat, 1 unread message")).to_be_visible()
    await expect(chat.page.locator(".unseen")).to_have_text("New message from Anna: are you there?")
    await house.answer("hello?")
    await expect(chat.page.get_by_role("button", name="Open chat, 2 unread messages")).to_be_visible()
    await chat.page.reload()
    await expect(chat.page.get_by_role("button", name="Open chat, 2 unread messages")).to_be_visible()
    await chat.launcher.click()
    await chat.page.keyboard.press("Escape")
    await expect(chat.page.get_by_role("button", name="Open chat", exact=True)).to_be_visible()


async def test_f54_no_text_is_ever_more_than_text(context: BrowserContext, house: House) -> None:
    house.page_headers = {}  # without the page's policy the widget must be as safe
    chat = await visit(context, house)
    await chat.page.get_by_label("Your name").fill(NASTY[0])
    for text in NASTY:
        await chat.send(text)
        await chat.is_sent(text)
        await in_store(house, text)
        await house.answer(RichText.plain(text), author=text)
    links = tuple([Span(f"label {number}\n", link=link) for number, link in enumerate(BAD_LINKS)])
    blocks = tuple([block for text in NASTY for block in _everywhere(text)])
    await house.answer(RichText((Paragraph(links), *blocks, Paragraph((Span("good", link="https://good.example/?a=1&b=2"),)))))
    await expect(chat.page.get_by_role("link", name="good")).to_be_visible()
    for _ in range(2):
        found = await chat.page.evaluate(
            """() => {
              const root = document.querySelector("relaydesk-widget").shadowRoot;
              return {
                tags: [...root.querySelectorAll(".bubble *, .author *")].map((node) => node.localName),
                attributes: [...root.querySelectorAll(".bubble *")].flatMap((node) => node.getAttributeNames()),
                links: [...root.querySelectorAll(".bubble a")].map((node) => node.protocol + node.hostname),
                hit: window.hit,
              };
            }"""
        )
        assert set(found["tags"]) <= {"a", "blockquote", "code", "div", "em", "li", "pre", "s", "span", "strong", "u", "ul"}
        assert set(found["attributes"]) <= {"dir", "href", "rel", "target", "class", "tabindex", "role", "aria-label", "style"}
        assert set(found["links"]) <= {"https:good.example", "https:a.example"}
        assert found["hit"] is None
        await chat.page.reload()
        await chat.launcher.click()
        await expect(chat.page.get_by_role("link", name="good")).to_be_visible()
    assert chat.errors == []


def _everywhere(text: str) -> tuple[Any, ...]:
    line = Paragraph((Span(text, frozenset(Style)), Span(text), Span(text, link="https://good.example/")))
    return (line, Quote((line,)), BulletList((line,), 1), CodeBlock(text, text))


async def test_every_style_is_shown(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house)
    await chat.send("hello")
    await chat.is_sent("hello")
    await in_store(house, "hello")
    spans = tuple([Span(f"{style.name} ", frozenset({style})) for style in Style])
    body = RichText(
        (
            Paragraph(spans),
            Paragraph(),
            BulletList((Paragraph((Span("seventh"),)),), start=7),
            CodeBlock("a\n  b"),
            Quote((Paragraph((Span("q"),)),)),
        )
    )
    await house.answer(body)
    bubble = chat.page.locator(".row:not(.mine) .bubble")
    for tag, text in (
        ("strong", "BOLD"),
        ("em", "ITALIC"),
        ("s", "STRIKE"),
        ("u", "UNDERLINE"),
        ("code", "CODE"),
        ("pre", "a"),
        ("blockquote", "q"),
    ):
        await expect(bubble.locator(tag).first).to_contain_text(text)
    await expect(bubble.locator("ol")).to_have_attribute("start", "7")
    hidden = bubble.get_by_role("button", name="Hidden text, press to show")
    await hidden.focus()
    await chat.page.keyboard.press("Enter")
    await expect(bubble.locator(".spoiler")).to_have_class("spoiler shown")
    assert chat.errors == []


async def test_two_tabs_are_one_visitor(context: BrowserContext, house: House) -> None:
    first = await visit(context, house)
    await first.send("from the first tab")
    await first.is_sent("from the first tab")
    second = await visit(context, house)
    await expect(second.row("from the first tab")).to_be_visible()
    await second.send("from the second tab")
    await expect(first.row("from the second tab")).to_have_count(1)
    await house.answer("to both")
    for chat in (first, second):
        await expect(chat.row("to both")).to_have_count(1)
    assert len(await house.talks()) == 1


async def test_a_site_elsewhere_may_when_it_is_allowed(context: BrowserContext, house: House) -> None:
    more = 'data-title="Tea" data-side="left" data-accent="#ffd400"'
    house.page = f'<script src="{house.url}/widget.js" data-channel="shop" {more} async></script>'
    house.page_headers = {}
    chat = Chat(await context.new_page())
    await chat.page.goto(house.url.replace("127.0.0.1", "localhost"))
    await chat.launcher.click()
    await chat.send("from elsewhere")
    await chat.is_sent("from elsewhere")
    await in_store(house, "from elsewhere")
    await house.answer("heard")
    await expect(chat.row("heard")).to_be_visible()
    await expect(chat.panel).to_have_accessible_name("Tea")
    box = await chat.panel.bounding_box()
    assert box is not None
    assert box["x"] == 20
    assert await chat.launcher.evaluate("(node) => getComputedStyle(node).color") == "rgb(16, 21, 28)"


async def test_it_fills_a_phone_and_keeps_focus_inside(browser: Browser, house: House) -> None:
    context = await browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce")  # type: ignore[arg-type]
    chat = await visit(context, house)
    assert await chat.panel.bounding_box() == {"x": 0, "y": 0, **PHONE}
    await expect(chat.panel).to_have_attribute("aria-modal", "true")
    await expect(chat.launcher).to_be_hidden()
    for _ in range(8):
        await chat.page.keyboard.press("Tab")
        assert await chat.page.evaluate("document.activeElement.localName") == "relaydesk-widget"
    await chat.panel.get_by_role("button", name="Close chat").tap()
    await expect(chat.launcher).to_be_focused()
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_can_be_read_in_both_schemes(browser: Browser, house: House, scheme: Any) -> None:
    context = await browser.new_context(viewport=DESKTOP, color_scheme=scheme)  # type: ignore[arg-type]
    chat = await visit(context, house)
    await chat.send("hello")
    await chat.is_sent("hello")
    await in_store(house, "hello")
    await house.answer("answer")
    await expect(chat.row("answer")).to_be_visible()
    for selector in (".subtitle", "h2", ".mine .bubble", ".row:not(.mine) .bubble", ".author", "time", "textarea"):
        assert await chat.page.locator(selector).last.evaluate(CONTRAST) >= 4.5, selector
    await context.close()


CONTRAST = """(node) => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const front = light(getComputedStyle(node).color);
  let behind = node;
  while (/, 0\\)$|transparent/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
  const back = light(getComputedStyle(behind).backgroundColor);
  return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
}"""


async def test_new_words_do_not_move_what_is_being_read(context: BrowserContext, house: House) -> None:
    chat = await visit(context, house)
    await chat.send("hello")
    await chat.is_sent("hello")
    await in_store(house, "hello")
    for number in range(25):
        await house.answer(f"answer {number}")
    await expect(chat.row("answer 24")).to_be_in_viewport()
    log = chat.page.get_by_role("log")
    await log.evaluate("(node) => { node.scrollTop = 0; }")
    await log.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
    await house.answer("newest")
    await expect(chat.page.get_by_role("button", name="New messages", exact=True)).to_be_visible()
    assert await log.evaluate("(node) => node.scrollTop") == 0
    await chat.page.get_by_role("button", name="New messages", exact=True).click()
    await expect(chat.row("newest")).to_be_in_viewport()
    await expect(chat.page.get_by_role("button", name="New messages", exact=True)).to_be_hidden()
