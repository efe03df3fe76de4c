"""aiogram as the product imports it: its models are left unbuilt, and nothing we take of it misses them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FRESH = """
import asyncio, json
import bot.handlers.telegram
from bot.handlers.shared import telegram_sdk as sdk
from bot.handlers.shared.telegram_api import BotApi, Call
from aiogram import types
from pydantic import BaseModel

built = [name for name in ("Update", "Message", "Chat", "User") if getattr(types, name).__pydantic_complete__]
assert not built, f"built for nothing: {built}"
assert "passing_over" not in repr(BaseModel.__dict__["model_rebuild"])


async def main() -> None:
    api = BotApi("42:TOKEN")
    for status, parameters, wanted in (
        (429, {"retry_after": 7}, sdk.TelegramRetryAfter),
        (400, {"migrate_to_chat_id": -1005}, sdk.TelegramMigrateToChat),
        (400, None, sdk.TelegramBadRequest),
    ):
        body = {"ok": False, "error_code": status, "description": "no"} | ({"parameters": parameters} if parameters else {})
        try:
            api._session.result(api.bot, "sendMessage", {"chat_id": 1}, status, json.dumps(body).encode())
        except wanted as error:
            assert isinstance(error.method, Call) and error.method.name == "sendMessage"
        else:
            raise AssertionError(wanted)
    await api.close()


asyncio.run(main())
print("fine")
"""


def test_no_model_is_built_and_errors_are_read_all_the_same() -> None:
    """In a process of its own, since the tests' one may have built them. When this fails, see docs/decisions/0014."""
    done = subprocess.run([sys.executable, "-c", FRESH], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "fine\n", done.stderr
