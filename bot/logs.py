"""Logging: ours and the libraries' through one formatter, from which no secret gets out.

Secrets are taken out of the finished line, so it does not matter whether they came in a message, a value, a URL or a
traceback. Known are the configured secrets, also as URLs and JSON write them, and whatever has the form of a token.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any
from urllib.parse import quote, quote_plus

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[secret]"
SHORTEST = 3
"""A shorter secret is none, and hiding it would make every line unreadable."""
WORD = 8
"""A secret shorter than this is hidden only where it stands as a word of its own."""

FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:xox[a-z]|xapp|xoxe\.xox[a-z])-[A-Za-z0-9-]{4,}"), HIDDEN),  # Slack
    (re.compile(r"\d{6,}(?::|%3[Aa])[A-Za-z0-9_-]{30,}"), HIDDEN),  # Telegram bots
    (re.compile(r"\bEAA[A-Za-z0-9]{20,}"), HIDDEN),  # Meta
    (re.compile(r"(?i)\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{8,}"), rf"\1\2{HIDDEN}"),
    (re.compile(r"(://[^:/@\s\"'\\]*:)[^@\s/\"'\\]+@"), rf"\1{HIDDEN}@"),  # passwords in addresses
    (re.compile(r"(?i)([?&](?:[a-z_.]*(?:token|secret|ticket|signature|password))=)[^&\s\"'\\<>]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(hooks\.slack\.com/)[A-Za-z0-9/_%-]+"), rf"\1{HIDDEN}"),  # whoever has the address may post
)

CHATTY = ("aiohttp.access", "aiogram.event", "alembic", "apscheduler", "sqlalchemy.engine", "slack_bolt", "slack_sdk", "asyncio")
"""Libraries that tell every call; below a warning they are heard at level debug only."""


class Redactor:
    """Takes secrets out of text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {spelling for secret in secrets if len(secret) >= SHORTEST for spelling in _spellings(secret)}
        self._known = re.compile("|".join(_exactly(word) for word in sorted(spellings, key=len, reverse=True)) or r"(?!)")

    def __call__(self, text: str) -> str:
        """The text without them."""
        text = self._known.sub(HIDDEN, text)
        for form, instead in FORMS:
            text = form.sub(instead, text)
        return text

    def after(self, renderer: Processor) -> Processor:
        """A structlog processor: what ``renderer`` makes, without secrets."""

        def render(logger: WrappedLogger, name: str, event: EventDict) -> str:
            return self(str(renderer(logger, name, event)))

        return render


def setup(level: str, format: str, secrets: Iterable[str]) -> None:  # noqa: A002 - the setting's name
    """Send every log of this process to stderr.

    ``level``    debug, info, warning or error
    ``format``   json, or console for people
    ``secrets``  values that must never appear
    """
    redact = Redactor(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(format, redact)],
        )
    )
    handler.addFilter(_readable)
    number = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in CHATTY:
        logging.getLogger(name).setLevel(number if number == logging.DEBUG else max(number, logging.WARNING))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _uncaught
    threading.excepthook = lambda failure: _uncaught(failure.exc_type, failure.exc_value, failure.exc_traceback)


def _renderers(format: str, redact: Redactor) -> list[Processor]:  # noqa: A002 - the setting's name
    if format == "json":
        return [
            structlog.processors.format_exc_info,
            redact.after(structlog.processors.JSONRenderer(default=str, ensure_ascii=False)),
        ]
    plain = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    return [redact.after(plain)]


def _readable(record: logging.LogRecord) -> bool:
    """A library's message that does not fit its arguments must not be printed by logging itself, past the filter."""
    try:
        record.getMessage()
    except Exception as error:  # whatever a library's arguments raise when they are written out
        record.msg, record.args = f"{record.msg!s} (not formatted: {type(error).__name__})", ()
    return True


def _uncaught(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    """Python's own last words would go past the filter."""
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("relaydesk").critical("uncaught exception", exc_info=(kind, error, traceback))


def _spellings(secret: str) -> set[str]:
    """A secret as it may stand in a line: plain, in a URL, in JSON, in a repr."""
    writers: tuple[Callable[[str], Any], ...] = (
        str,
        quote,
        quote_plus,
        lambda text: quote(text, safe=""),
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: repr(text)[1:-1],
        lambda text: repr("'\"" + text)[4:-1],  # beside both kinds of quotes
        lambda text: json.dumps(repr(text)[1:-1])[1:-1],
    )
    return {str(write(secret)) for write in writers}


def _exactly(word: str) -> str:
    pattern = re.escape(word)
    return pattern if len(word) >= WORD else rf"(?<![^\W_]){pattern}(?![^\W_])"
