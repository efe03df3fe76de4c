"""Whether a Telegram group can be worked in: for ``doctor``, and for who adds one."""

from __future__ import annotations

from typing import Any

from bot.domain.phrase import Phrase, joined
from bot.handlers.shared.platform import Finding
from bot.handlers.shared.telegram_api import BotApi, NoMethod
from bot.handlers.shared.telegram_sdk import AiogramError

RIGHTS = {
    "can_manage_topics": Phrase("Manage Topics"),
    "can_delete_messages": Phrase("Delete Messages"),
}
"""Administrator's rights the desk needs, as Telegram's apps name them."""


async def look(api: BotApi, chat: str) -> list[Finding]:
    """Whether the group has topics and the bot the rights to keep them; one finding that all is well, or all that is not."""
    found = await ask(api, "getChat", {"chat_id": int(chat)})
    if isinstance(found, Finding):
        remedy = "" if found.ok else Phrase("Add the bot to the group as an administrator; check the id in the team file.")
        return [Finding(found.ok, Phrase("Telegram group {chat}: {what}", chat=chat, what=found.what), remedy)]
    name = found.get("title", chat)
    findings: list[Finding] = []
    if not found.get("is_forum"):
        remedy = Phrase("Open the group's settings and switch on “Topics”.")
        findings.append(Finding(False, Phrase("Telegram group “{name}” has no topics", name=name), remedy))
    member = await ask(api, "getChatMember", {"chat_id": int(chat), "user_id": api.id})
    if isinstance(member, Finding) and member.ok:
        return findings or [Finding(True, Phrase("Telegram group {chat}: {what}", chat=chat, what=member.what))]
    if isinstance(member, Finding) or member.get("status") not in ("administrator", "creator"):
        remedy = Phrase("Make the bot an administrator of the group with the right “Manage Topics”.")
        return [*findings, Finding(False, Phrase("Telegram group “{name}”: the bot is not an administrator", name=name), remedy)]
    missing = [words for right, words in RIGHTS.items() if member.get("status") != "creator" and not member.get(right)]
    if missing:
        wanted = joined(Phrase(" and "), [Phrase("“{right}”", right=words) for words in missing])
        remedy = Phrase("Give the bot {rights} in its administrator's rights.", rights=wanted)
        findings.append(
            Finding(False, Phrase("Telegram group “{name}”: the bot lacks {rights}", name=name, rights=wanted), remedy)
        )
    return findings or [Finding(True, Phrase("Telegram group “{name}” has topics, and the bot may manage them", name=name))]


async def ask(api: BotApi, method: str, arguments: dict[str, Any]) -> dict[str, Any] | Finding:
    """Make a call that may fail; what went wrong then. That a server has no such method tells nothing, and is not wrong."""
    try:
        answer: dict[str, Any] = await api.call(method, arguments)
    except NoMethod as error:
        return Finding(True, Phrase("it can't be looked at here ({why})", why=error.message))
    except AiogramError as error:
        return Finding(False, str(error))
    return answer
