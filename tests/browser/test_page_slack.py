"""The Slack column of the sandbox's page in a real browser."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from playwright.async_api import Page, expect

from sandbox.scene import Scene
from sandbox.server import Sandbox
from tests.browser import page_kit as kit

pytestmark = kit.marks
sandbox, scene, bot, page = kit.sandbox, kit.scene, kit.bot, kit.page


async def test_an_operator_writes_replies_and_reacts(page: Page, sandbox: Sandbox, scene: Scene) -> None:
    slack = page.locator("#slack")
    await slack.get_by_label("Message #sales").fill("Morning *all* :wave:")
    await page.keyboard.press("Enter")
    message = slack.locator("article", has_text="Morning")
    await expect(message.locator("b", has_text="all")).to_be_visible()
    await expect(message.locator(".emo")).to_have_text("👋")
    await message.hover()
    await message.get_by_role("button", name="Reply in thread").click()
    await expect(slack.get_by_label("Reply…")).to_be_focused()
    await slack.get_by_label("Reply…").fill("and you")
    await page.keyboard.press("Enter")
    await expect(slack.locator(".thread article", has_text="and you")).to_be_visible()
    await slack.get_by_label("Reply…").fill("/desk help")
    await page.keyboard.press("Enter")
    await expect(slack.get_by_role("alert")).to_contain_text("doesn't work in threads")
    await slack.get_by_label("Reply…").fill("")
    root = slack.locator(".thread article").first
    await root.hover()
    await root.get_by_role("button", name="React").click()
    await page.get_by_label("Search emoji").fill("eyes")
    await page.keyboard.press("Enter")
    await expect(root.locator(".reaction")).to_contain_text("1")
    first, second = sandbox.slack.thread(room=scene.rooms["sales"], ts=sandbox.slack.messages(room=scene.rooms["sales"])[0]["ts"])
    assert (first["reactions"][0]["name"], second["text"]) == ("eyes", "and you")


async def test_an_operator_edits_and_deletes(page: Page, sandbox: Sandbox, scene: Scene) -> None:
    sandbox.slack.post(user=scene.slack_users["olga"], room=scene.rooms["sales"], text="tpyo")
    message = page.locator("#slack article", has_text="tpyo")
    await message.hover()
    await message.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Edit").click()
    await page.get_by_label("Edit message").fill("typo")
    await page.keyboard.press("Enter")
    edited = page.locator("#slack article", has_text="typo")
    await expect(edited).to_contain_text("(edited)")
    await edited.hover()
    await edited.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await expect(edited).to_have_count(0)


async def test_files_go_with_a_message(page: Page, sandbox: Sandbox, scene: Scene) -> None:
    sent = [
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"one"},
        {"name": "b.bin", "mimeType": "", "buffer": b"\x00\x01"},
    ]
    await page.locator("#slack .room input[type=file]").set_input_files(sent)  # type: ignore[arg-type]
    await expect(page.locator("#slack .file")).to_have_count(2)
    message = sandbox.slack.messages(room=scene.rooms["sales"])[-1]
    assert [sandbox.slack.file(file_id=file["id"])["content"] for file in message["files"]] == [b"one", b"\x00\x01"]


async def test_buttons_of_a_message_work_or_warn(page: Page, bot: kit.TinyBot) -> None:
    actions = {"type": "actions", "elements": [kit.button("Start conversation", "start", value="token", style="primary")]}
    await bot.say("card", username="Ann Lee", blocks=[{"type": "section", "text": kit.plain("card")}, actions])
    pressed = page.locator("#slack").get_by_role("button", name="Start conversation")
    await pressed.click()
    await expect(pressed).not_to_have_class(re.compile("busy"))
    (press,) = [heard for heard in bot.heard if heard["type"] == "block_actions" or "actions" in heard]
    assert (press["actions"][0]["action_id"], press["actions"][0]["value"]) == ("start", "token")
    await expect(page.locator("#slack .failed")).to_have_count(0)
    bot.silent = True
    await pressed.click()
    await expect(page.locator("#slack .failed")).to_contain_text("⚠")


MODAL = {
    "type": "modal",
    "callback_id": "assign",
    "title": kit.plain("Assign to"),
    "submit": kit.plain("Assign"),
    "blocks": [
        {
            "type": "input",
            "block_id": "who",
            "label": kit.plain("Operator"),
            "element": {
                "type": "static_select",
                "action_id": "operator",
                "options": [{"text": kit.plain(name), "value": name[:3]} for name in ("Olga", "Ben")],
            },
        },
        {
            "type": "input",
            "block_id": "text",
            "label": kit.plain("Canned"),
            "element": {"type": "external_select", "action_id": "canned", "min_query_length": 1},
        },
        {
            "type": "input",
            "block_id": "why",
            "label": kit.plain("Why"),
            "element": {"type": "plain_text_input", "action_id": "why"},
        },
        {
            "type": "input",
            "block_id": "tell",
            "optional": True,
            "label": kit.plain("Tell"),
            "element": {
                "type": "checkboxes",
                "action_id": "tell",
                "options": [{"text": kit.plain("The client"), "value": "client"}],
            },
        },
    ],
}


async def test_a_modal_is_filled_in_corrected_and_sent(page: Page, bot: kit.TinyBot) -> None:
    def answer(payload: dict[str, Any]) -> Any:
        if payload.get("command") == "/desk":
            return bot.web.views_open(trigger_id=payload["trigger_id"], view=MODAL)
        if payload["type"] == "block_suggestion":
            return {"options": [{"text": kit.plain(f"{payload['value']}eeting"), "value": "greet"}]}
        if payload["view"]["state"]["values"]["why"]["why"]["value"] == "no":
            return {"response_action": "errors", "errors": {"why": "Say more"}}
        return None

    async def quietly(payload: dict[str, Any]) -> Any:
        result = answer(payload)
        return None if asyncio.iscoroutine(result) and await result else result

    bot.answer = quietly
    await page.get_by_label("Message #sales").fill("/desk assign")
    await page.keyboard.press("Enter")
    modal = page.get_by_role("dialog", name="Assign to")
    await modal.get_by_label("Operator").click()
    await page.get_by_role("option", name="Ben", exact=True).click()
    await modal.get_by_label("Canned").click()
    await page.get_by_label("Search options").fill("gr")
    await page.get_by_role("option", name="greeting").click()
    await modal.get_by_label("Why").fill("no")
    await modal.get_by_label("The client").check()
    await modal.get_by_role("button", name="Assign", exact=True).click()
    await expect(modal.get_by_role("alert").filter(has_text="Say more")).to_be_visible()
    await modal.get_by_label("Why").fill("yes")
    await modal.get_by_role("button", name="Assign", exact=True).click()
    await expect(modal).to_have_count(0)
    values = bot.heard[-1]["view"]["state"]["values"]
    assert values["who"]["operator"]["selected_option"]["value"] == "Ben"
    assert values["text"]["canned"]["selected_option"]["value"] == "greet"
    assert values["why"]["why"]["value"] == "yes"
    assert [option["value"] for option in values["tell"]["tell"]["selected_options"]] == ["client"]
    await page.get_by_label("Message #sales").fill("/desk again")
    await page.keyboard.press("Enter")
    await expect(modal).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(modal).to_have_count(0)


async def test_home_is_shown_and_pressed(page: Page, bot: kit.TinyBot, scene: Scene) -> None:
    actions = {"type": "actions", "elements": [kit.button("My inbox", "tab_inbox")]}
    view = {"type": "home", "blocks": [{"type": "header", "text": kit.plain("Your desk")}, actions]}
    await bot.web.views_publish(user_id=scene.slack_users["olga"], view=view)
    await page.locator("#slack").get_by_role("button", name="Home").click()
    await expect(page.get_by_role("heading", name="Your desk")).to_be_visible()
    await page.get_by_role("button", name="My inbox").click()
    await expect(page.locator("#slack .busy")).to_have_count(0)
    assert any(heard.get("actions", [{}])[0].get("action_id") == "tab_inbox" for heard in bot.heard)


async def test_others_do_not_see_what_is_for_one(page: Page, bot: kit.TinyBot, scene: Scene) -> None:
    await bot.web.chat_postEphemeral(channel=scene.rooms["sales"], user=scene.slack_users["olga"], text="your text was held")
    held = page.locator("#slack article", has_text="your text was held")
    await expect(held).to_contain_text("Only visible to you")
    await page.get_by_label("You are").first.select_option(label="Ben Carter · operator")
    await expect(held).to_have_count(0)
    await page.get_by_label("You are").first.select_option(label="Olga Ivanova · operator")
    await held.get_by_role("button", name="Dismiss").click()
    await expect(held).to_have_count(0)
