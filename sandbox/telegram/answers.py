"""Answers to pressed buttons and inline queries."""

from __future__ import annotations

from typing import Any

from sandbox.telegram.arguments import Arguments, field
from sandbox.telegram.errors import bad
from sandbox.telegram.formatting import message_text
from sandbox.telegram.keyboards import inline_only
from sandbox.telegram.registry import method
from sandbox.telegram.world import Bot, Json, World

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
ANSWER_SECONDS = 15.0
TEXT_LIMIT = 200
RESULT_LIMIT = 50


@method("answerCallbackQuery")
def answer_callback_query(world: World, bot: Bot, arguments: Arguments) -> bool:
    """``Client::process_answer_callback_query_query``; a second answer changes nothing.

    How long Telegram waits is not published; here 15 seconds.
    """
    press = world.presses.get(arguments.get("callback_query_id") or "")
    if press is None or press.bot is not bot or world.clock() - press.at > ANSWER_SECONDS:
        raise bad(TOO_OLD)
    text = arguments.get("text") or ""
    if len(text) > TEXT_LIMIT:
        raise bad("MESSAGE_TOO_LONG")
    if press.answer.done():
        return True
    alert = bool(arguments.get("show_alert"))
    answer: Json = {"answered": True, "text": text or None, "alert": alert}
    if arguments.get("url"):
        answer["url"] = arguments["url"]
    press.answer.set_result(answer)
    if text:
        toast = {"text": text, "alert": alert, "bot": bot.id, "chat": press.chat.id, "date": world.now()}
        world.toasts_by_user.setdefault(press.user_id, []).append(toast)
        world.tell("toast", press.chat, user=press.user_id, text=text, alert=alert)
    return True


@method("answerInlineQuery")
def answer_inline_query(world: World, bot: Bot, arguments: Arguments) -> bool:
    """Up to 50 results; ids of 1-64 bytes, all different. Only articles are looked into."""
    results = arguments.get("results")
    if results is None:
        results = []
    if len(results) > RESULT_LIMIT:
        raise bad("too many inline query results specified")
    seen: set[str] = set()
    checked = [_result(result) for result in results]
    for result in checked:
        if result["id"] in seen:
            raise bad("RESULT_ID_DUPLICATE")
        seen.add(result["id"])
    question = world.questions.get(arguments.get("inline_query_id") or "")
    if question is None or question.bot is not bot or world.clock() - question.at > ANSWER_SECONDS:
        raise bad(TOO_OLD)
    if not question.answer.done():
        question.answer.set_result({"results": checked, "next_offset": arguments.get("next_offset", "")})
    return True


def _result(given: Any) -> Json:
    wrong = "can't parse inline query result: "
    if not isinstance(given, dict):
        raise bad(wrong + "Inline query result must be an object")
    kind = field(given, "type", str, wrong)
    result: Json = {"type": kind, "id": str(given.get("id", ""))}
    if not 1 <= len(result["id"].encode()) <= 64:
        raise bad("RESULT_ID_INVALID")
    if kind == "article":
        result["title"] = field(given, "title", str, wrong)
        content = field(given, "input_message_content", dict, wrong)
        text, entities = message_text(
            {
                "text": content.get("message_text"),
                "parse_mode": content.get("parse_mode"),
                "entities": content.get("entities"),
            }
        )
        result["content"] = {"text": text, **({"entities": entities} if entities else {})}
        result |= {name: given[name] for name in ("description", "url") if given.get(name)}
    else:
        result["content"] = {"text": given.get("caption") or given.get("title") or kind}
    if keyboard := inline_only(given.get("reply_markup")):
        result["reply_markup"] = keyboard
    return result
