"""The demo as a person finds it after ``make demo``: the page, and the real bot behind it, limits of the platforms included."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest_asyncio
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect

from bot.demo import world
from sandbox.server import Sandbox
from tests.browser import page_kit as kit

pytestmark = kit.marks
PATIENCE = 15_000
SIZE = {"width": 1600, "height": 1000}


@dataclass
class Visitor:
    """Somebody at the demo page, who plays everybody on it."""

    page: Page
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = self.page.locator("#client")
        self.slack = self.page.locator("#slack")
        self.telegram = self.page.locator("#telegram")
        self.reply = self.slack.get_by_role("textbox", name="Reply…")
        self.card_in_slack = self.slack.locator("article", has_text="shop-bot").first
        self.card_in_topic = self.telegram.locator("article", has_text="shop-bot").first

    @property
    def shop(self) -> FrameLocator:
        return self.page.frame_locator("#client iframe")

    async def writes_as_client(self, text: str) -> None:
        box = self.client.get_by_role("textbox", name="Message")
        await box.fill(text)
        await box.press("Enter")

    async def answers_in_thread(self, text: str) -> None:
        await self.reply.fill(text)
        await self.reply.press("Enter")

    async def is_at_telegram(self, name: str) -> None:
        await self.page.get_by_label("You are").last.select_option(label=name)
        await self.telegram.locator(".topic-row", has_text="Ann Lee").click()


@pytest_asyncio.fixture(loop_scope="session")
async def demo() -> AsyncIterator[Sandbox]:
    async with world(0, limits=True) as (sandbox, _, _):
        yield sandbox


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, demo: Sandbox) -> AsyncIterator[Visitor]:
    """A fresh page; the test fails on script errors."""
    context = await browser.new_context(viewport=SIZE, locale="en-GB")  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    somebody = Visitor(page)
    page.on("pageerror", lambda error: somebody.troubles.append(str(error)))
    await page.goto(demo.url)
    await expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    yield somebody
    await context.close()
    expect.set_options(timeout=PATIENCE)
    assert somebody.troubles == []


async def test_R24_R25_R26_R30_R36_R127_a_conversation_from_hello_to_the_return(visitor: Visitor) -> None:
    await _the_client_writes_and_both_desks_see_it(visitor)
    await _olga_starts_and_answers_from_slack(visitor)
    await _boris_comes_too_late(visitor)
    await _a_note_stays_in_the_house(visitor)
    await _closed_from_telegram(visitor)
    await _the_client_returns(visitor)


async def _the_client_writes_and_both_desks_see_it(visitor: Visitor) -> None:
    await visitor.client.get_by_role("button", name="Start", exact=True).click()
    await visitor.writes_as_client("Hello! Where is my order 1042?")
    await expect(visitor.card_in_slack).to_contain_text("Where is my order 1042?")
    await expect(visitor.card_in_slack).to_contain_text("Ann Lee")
    await expect(visitor.card_in_slack).to_contain_text("Unassigned")
    await expect(visitor.telegram.locator(".topic-row", has_text="Ann Lee")).to_be_visible()
    await expect(visitor.card_in_topic).to_contain_text("Where is my order 1042?")
    await expect(visitor.card_in_topic).to_contain_text("Unassigned")


async def _olga_starts_and_answers_from_slack(visitor: Visitor) -> None:
    await visitor.telegram.get_by_role("button", name=re.compile("^Northwind desk")).click()
    await visitor.card_in_slack.get_by_role("button", name="Start conversation").click()
    await expect(visitor.card_in_slack).to_contain_text("In progress")
    await expect(visitor.card_in_slack).to_contain_text("👤 Olga Ivanova")
    await visitor.card_in_slack.hover()
    await visitor.card_in_slack.get_by_role("button", name="Reply in thread").click()
    await visitor.answers_in_thread("Good day, Ann! I am looking *right now*.")
    await expect(visitor.client.locator("article", has_text="I am looking right now.")).to_contain_text("Olga Ivanova")
    await expect(visitor.client.locator("article b", has_text="right now")).to_be_visible()
    said = visitor.slack.locator("article", has_text="I am looking")
    await expect(said.get_by_role("button", name="white_check_mark, 1")).to_be_visible()


async def _boris_comes_too_late(visitor: Visitor) -> None:
    await visitor.is_at_telegram("Boris Petrov")
    await expect(visitor.card_in_topic).to_contain_text("👤 Olga Ivanova")
    await expect(visitor.card_in_topic.get_by_role("button", name="Start conversation")).to_have_count(0)
    await expect(visitor.telegram.locator("article", has_text="I am looking right now.")).to_contain_text("Olga Ivanova")
    box = visitor.telegram.get_by_role("textbox", name="Message")
    await box.fill("I can take this one")
    await box.press("Enter")
    asked = visitor.telegram.locator("article", has_text="Only you see this")
    await expect(asked).to_contain_text("Olga Ivanova has this conversation, so the client has not got your text.")
    await asked.get_by_role("button", name="Keep as note").click()
    await expect(asked).to_have_count(0)
    await expect(visitor.telegram.get_by_role("status").filter(has_text="Kept as a note.")).to_be_visible()
    await expect(visitor.slack.locator("article", has_text="I can take this one")).to_contain_text("Boris Petrov")


async def _a_note_stays_in_the_house(visitor: Visitor) -> None:
    await visitor.answers_in_thread("note: she buys every week")
    await expect(visitor.telegram.locator("article", has_text="she buys every week")).to_contain_text("note")
    await expect(visitor.client.locator("article")).to_have_count(3)  # /start, her words, the one answer


async def _closed_from_telegram(visitor: Visitor) -> None:
    await visitor.is_at_telegram("Olga Ivanova")
    await visitor.card_in_topic.get_by_role("button", name="Close", exact=True).click()
    await expect(visitor.card_in_slack).to_contain_text("Closed")
    await expect(visitor.card_in_topic).to_contain_text("Closed")
    await expect(visitor.telegram.locator(".topic-row.closed", has_text="Ann Lee")).to_be_visible()


async def _the_client_returns(visitor: Visitor) -> None:
    await visitor.writes_as_client("One more thing")
    await expect(visitor.slack.locator("article", has_text="One more thing")).to_contain_text("Ann Lee")
    await expect(visitor.telegram.locator("article", has_text="One more thing")).to_contain_text("Ann Lee")
    await expect(visitor.card_in_slack).to_contain_text("Unassigned")
    await expect(visitor.card_in_topic).to_contain_text("Unassigned")
    await expect(visitor.telegram.locator(".topic-row.closed")).to_have_count(0)


async def test_R24_the_one_who_presses_too_late_is_told_who_has_it(visitor: Visitor, demo: Sandbox) -> None:
    await visitor.client.get_by_role("button", name="Start", exact=True).click()
    await visitor.writes_as_client("Who is there?")
    await visitor.is_at_telegram("Boris Petrov")
    late = visitor.card_in_topic.get_by_role("button", name="Start conversation")
    await expect(late).to_be_visible()
    demo.faults.add(platform="telegram", method="editMessageText", kind="rate_limit", seconds=60, times=-1)  # his card stays old
    await visitor.card_in_slack.get_by_role("button", name="Start conversation").click()
    await expect(visitor.card_in_slack).to_contain_text("👤 Olga Ivanova")
    await late.click()
    told = visitor.telegram.get_by_role("alertdialog")
    await expect(told).to_contain_text("Olga Ivanova already has this conversation.")
    await expect(told.get_by_role("button", name="OK")).to_be_focused()
    await visitor.page.keyboard.press("Enter")
    await expect(told).to_have_count(0)
    await expect(visitor.card_in_slack).to_contain_text("👤 Olga Ivanova")


async def test_R102_the_website_client_is_answered_in_the_widget(visitor: Visitor) -> None:
    await visitor.client.get_by_role("tab", name="Website").click()
    await visitor.shop.get_by_role("button", name="Open chat").click()
    box = visitor.shop.get_by_role("textbox", name="Message")
    await box.fill("Do you ship to Almaty?")
    await box.press("Enter")
    room = visitor.slack.get_by_role("button", name="support")
    await expect(room.get_by_label("unread")).to_be_visible()
    await room.click()
    card = visitor.slack.locator("article", has_text="Do you ship to Almaty?").first
    await expect(card).to_contain_text("Website visitor")
    await card.get_by_role("button", name="Start conversation").click()
    await expect(card).to_contain_text("In progress")
    await card.hover()
    await card.get_by_role("button", name="Reply in thread").click()
    await visitor.answers_in_thread("Yes, in three days.")
    answer = visitor.shop.locator(".row", has_text="Yes, in three days.")
    await expect(answer).to_contain_text("Olga Ivanova")
    await expect(visitor.shop.locator(".row", has_text="Do you ship")).to_have_attribute("data-state", "sent")


async def test_R127_with_the_keyboard_alone(visitor: Visitor) -> None:
    press = visitor.page.keyboard.press
    await _tab_to(visitor, visitor.client.get_by_role("button", name="Start", exact=True))
    await press("Enter")
    box = visitor.client.get_by_role("textbox", name="Message")
    await expect(box).to_be_visible()
    await _tab_to(visitor, box)
    await visitor.page.keyboard.type("By keys only")
    await press("Tab")
    await press("Tab")
    await expect(visitor.client.get_by_role("button", name="Send")).to_be_focused()
    await press("Enter")
    start = visitor.card_in_slack.get_by_role("button", name="Start conversation")
    await expect(start).to_be_visible()
    await _tab_to(visitor, start)
    await press("Enter")
    await expect(visitor.card_in_slack).to_contain_text("👤 Olga Ivanova")
    await _tab_to(visitor, visitor.card_in_slack.get_by_role("button", name="Reply in thread"), back=True)
    await press("Enter")
    await expect(visitor.reply).to_be_focused()
    await visitor.page.keyboard.type("Heard by keys")
    await press("Enter")
    await expect(visitor.client.locator("article", has_text="Heard by keys")).to_be_visible()


async def _tab_to(visitor: Visitor, wanted: Locator, *, back: bool = False) -> None:
    """Press Tab until the wanted control has the focus, as a person without a mouse does."""
    for _ in range(60):
        if await wanted.evaluate("(node) => node === document.activeElement"):
            return
        await visitor.page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError("the keyboard does not get there")
