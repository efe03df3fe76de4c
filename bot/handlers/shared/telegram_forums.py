"""Whether a Telegram group can be worked in: for ``doctor``, and for who adds one."""

from __future__ import annotations

from typing import Any

from bot.handlers.shared.platform import Finding
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_sdk import AiogramError

RIGHTS = {
    "can_manage_topics": "Manage Topics",
    "can_delete_messages": "Delete Messages",
}
"""Administrator's rights the desk needs, as Telegram's apps name them."""


async def look(api: BotApi, chat: str) -> list[Finding]:
    """Whether the group has topics and the bot the rights to keep them; one finding that all is well, or all that is not."""
    found = await ask(api, "getChat", {"chat_id": int(chat)})
    if isinstance(found, Finding):
        remedy = "Add the bot to the group as an administrator; check the id in the team file."
        return [Finding(False, f"Telegram group {chat}: {found.what}", remedy)]
    name = f"Telegram group “{found.get('title', chat)}”"
    findings: list[Finding] = []
    if not found.get("is_forum"):
        remedy = "Open the group's settings and switch on “Topics”."
        findings.append(Finding(False, f"{name} has no topics", remedy))
    member = await ask(api, "getChatMember", {"chat_id": int(chat), "user_id": api.id})
    if isinstance(member, Finding) or member.get("status") not in ("administrator", "creator"):
        remedy = "Make the bot an administrator of the group with the right “Manage Topics”."
        return [*findings, Finding(False, f"{name}: the bot is not an administrator", remedy)]
    missing = [words for right, words in RIGHTS.items() if member.get("status") != "creator" and not member.get(right)]
    if missing:
        wanted = " and ".join(f"“{words}”" for words in missing)
        remedy = f"Give the bot {wanted} in its administrator's rights."
        findings.append(Finding(False, f"{name}: the bot lacks {wanted}", remedy))
    return findings or [Finding(True, f"{name} has topics, and the bot may manage them")]


async def ask(api: BotApi, method: str, arguments: dict[str, Any]) -> dict[str, Any] | Finding:
    """Make a call that may fail; what went wrong then."""
    try:
        answer: dict[str, Any] = await api.call(method, arguments)
    except AiogramError as error:
        return Finding(False, str(error))
    return answer
