"""The one door to aiogram: what the house takes of it, without building the 350 models it has no use for.

``aiogram.types`` declares its models so that pydantic builds each when it is first used (``defer_build``), and then, as its last
act, builds every one of them all the same. Our calls and updates are plain JSON (see :mod:`bot.handlers.shared.telegram_api`), so
none is ever used, and that loop is three quarters of the import's time and two thirds of its memory (docs/decisions/0014). Here
the loop is left out, while the import lasts; a model that somebody does use says itself that it must be built first.

A later aiogram without that loop is imported as it is. Who imports aiogram past this door gets it whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel


@contextmanager
def _unbuilt() -> Iterator[None]:
    """Let ``model_rebuild`` pass over the models of ``aiogram.types``."""
    build = BaseModel.__dict__["model_rebuild"]

    def passing_over(model: type[BaseModel], /, **named: Any) -> bool | None:
        if model.__module__.startswith("aiogram.types."):
            return None
        built: bool | None = build.__get__(None, model)(**named)
        return built

    BaseModel.model_rebuild = classmethod(passing_over)  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        BaseModel.model_rebuild = build  # type: ignore[method-assign]


with _unbuilt():
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.exceptions import (
        AiogramError,
        ClientDecodeError,
        TelegramAPIError,
        TelegramBadRequest,
        TelegramConflictError,
        TelegramEntityTooLarge,
        TelegramForbiddenError,
        TelegramMigrateToChat,
        TelegramNetworkError,
        TelegramNotFound,
        TelegramRetryAfter,
        TelegramServerError,
        TelegramUnauthorizedError,
    )
    from aiogram.methods.base import TelegramMethod

__all__ = [
    "AiogramError",
    "AiohttpSession",
    "Bot",
    "ClientDecodeError",
    "TelegramAPIError",
    "TelegramAPIServer",
    "TelegramBadRequest",
    "TelegramConflictError",
    "TelegramEntityTooLarge",
    "TelegramForbiddenError",
    "TelegramMethod",
    "TelegramMigrateToChat",
    "TelegramNetworkError",
    "TelegramNotFound",
    "TelegramRetryAfter",
    "TelegramServerError",
    "TelegramUnauthorizedError",
]
