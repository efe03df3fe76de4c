from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator

import aiohttp
import pytest
import structlog
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.logs import HIDDEN, Redactor, setup

TELEGRAM = "7123456789:AAH4kXq0vB2mT9sWd3LzYp8RcNf6JgUe1Qo"
SLACK = "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"
APP = "xapp-1-A0123456789-1234567890123-0123456789abcdef"
SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
PASSWORD = 'pä"ss\\w/rd@1'
CONFIGURED = (TELEGRAM, SLACK, APP, SIGNING, PASSWORD)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., io.StringIO]]:
    """Set logging up into a buffer; all is put back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook

    def begin(format: str, secrets: tuple[str, ...] = CONFIGURED, level: str = "debug") -> io.StringIO:  # noqa: A002
        out = io.StringIO()
        monkeypatch.setattr(sys, "stderr", out)
        setup(level, format, secrets)
        return out

    yield begin
    root.handlers[:], root.level, sys.excepthook, threading.excepthook = before
    logging.captureWarnings(False)
    structlog.reset_defaults()


def clean(text: str) -> str:
    """The text, which holds no secret in any spelling."""
    for secret in (*CONFIGURED, json.dumps(PASSWORD)[1:-1], "AAH4kXq0", "p%C3%A4"):
        assert secret not in text
    assert text
    return text


@pytest.mark.parametrize("format", ["json", "console"])
async def test_F73_no_secret_gets_out_of_a_failing_run(logged: Callable[..., io.StringIO], format: str) -> None:  # noqa: A002
    out = logged(format)
    log = structlog.get_logger("test")
    async with aiohttp.ClientSession() as api:
        for address in (
            f"http://127.0.0.1:1/bot{TELEGRAM}/sendMessage",
            f"http://[bad/{SLACK}",
            f"http://127.0.0.1:1/?token={APP}",
        ):
            try:
                await api.post(address, headers={"Authorization": f"Bearer {SLACK}"})
            except (aiohttp.ClientError, ValueError):
                log.exception("call failed", url=address, headers={"Authorization": f"Bearer {SLACK}"})
                logging.getLogger("aiogram").exception("failed to fetch %s", address)
    log.error("signed", secret=SIGNING, dsn=f"postgresql+asyncpg://desk:{PASSWORD}@db/relaydesk", nested=[{"deep": (PASSWORD,)}])
    logging.getLogger("slack_bolt").debug("token=%r", PASSWORD, extra={"app": APP})
    logging.getLogger("library").warning("does not fit %d", PASSWORD)
    text = clean(out.getvalue())
    assert text.count(HIDDEN) >= 10
    assert "sendMessage" in text
    assert "ClientConnectorError" in text
    assert "library" in text


async def test_F73_tasks_threads_and_the_last_words_of_python(logged: Callable[..., io.StringIO]) -> None:
    out = logged("console")

    async def fail() -> None:
        raise RuntimeError(f"while calling bot{TELEGRAM}")

    loop = asyncio.get_running_loop()
    task = loop.create_task(fail())
    await asyncio.wait([task])
    loop.call_exception_handler({"message": "task failed", "exception": task.exception(), "task": task})
    try:
        raise ValueError(SLACK) from KeyError(PASSWORD)
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
        thread = threading.excepthook
        thread(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))
    text = clean(out.getvalue())
    assert "task failed" in text
    assert text.count("uncaught exception") == 2


def test_json_stays_json(logged: Callable[..., io.StringIO]) -> None:
    out = logged("json")
    structlog.get_logger("test").info("hello", url="http://a", mail="b@c", password=PASSWORD, n=1)
    logging.getLogger("library").info("from %s", "outside", extra={"more": 2})
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["event"], first["url"], first["mail"], first["password"], first["n"]) == ("hello", "http://a", "b@c", HIDDEN, 1)
    assert (first["level"], first["logger"]) == ("info", "test")
    assert (second["event"], second["more"], second["logger"]) == ("from outside", 2, "library")


def test_levels(logged: Callable[..., io.StringIO]) -> None:
    out = logged("console", level="info")
    structlog.get_logger("test").debug("quiet")
    logging.getLogger("aiogram.event").info("quiet")
    structlog.get_logger("test").info("loud")
    assert "quiet" not in out.getvalue()
    assert "loud" in out.getvalue()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"https://api.telegram.org/bot{TELEGRAM}/getMe", f"https://api.telegram.org/bot{HIDDEN}/getMe"),
        (TELEGRAM.replace(":", "%3A"), HIDDEN),
        (SLACK, HIDDEN),
        ("xoxp-1-2-3-4", HIDDEN),
        (APP, HIDDEN),
        ("Authorization: Bearer abcdefgh.ijk", f"Authorization: Bearer {HIDDEN}"),
        ("postgresql+asyncpg://u:p4ss@h:5432/d", f"postgresql+asyncpg://u:{HIDDEN}@h:5432/d"),
        ("wss://wss.slack.com/link/?ticket=abc-1&app_id=A1", f"wss://wss.slack.com/link/?ticket={HIDDEN}&app_id=A1"),
        ("https://hooks.slack.com/actions/T1/2/abc done", f"https://hooks.slack.com/{HIDDEN} done"),
        ('{"url":"http://a","email":"x@y"}', '{"url":"http://a","email":"x@y"}'),
        ("12:34:56.789 http://127.0.0.1:8080/ 1700000000.000100", "12:34:56.789 http://127.0.0.1:8080/ 1700000000.000100"),
    ],
)
def test_the_form_of_a_token_is_enough(text: str, left: str) -> None:
    assert Redactor()(text) == left


def test_a_short_secret_is_hidden_as_a_word_only() -> None:
    assert Redactor(["desk"])("relaydesk says desk, desk: 'desk'") == f"relaydesk says {HIDDEN}, {HIDDEN}: '{HIDDEN}'"
    assert Redactor(["", "ab"])("ab is no secret") == "ab is no secret"


@pytest.mark.fuzz
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.text(min_size=8), before=st.text(), after=st.text())
@example(secret='"\\\n\u2028é%20+', before="", after="")
def test_F73_any_secret_in_any_spelling(secret: str, before: str, after: str) -> None:
    redact = Redactor([secret])
    for write in (str, repr, json.dumps, lambda text: json.dumps({"x": repr(text)})):
        assert write(secret).strip("\"'") not in redact(write(before + secret + after)) or secret in HIDDEN
