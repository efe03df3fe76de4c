"""Calls to Slack's Web API through slack_sdk, once each: its retries are off, since they post twice (F19)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.handlers.desks.slack.refusals import Failed, lost, refused, unreachable

__all__ = ["Failed", "Wire"]

Json = dict[str, Any]

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
TOTAL_SECONDS = 20.0
HOOKS = "https://hooks.slack.com/"

NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
"""DNS, refused or timed out connections, TLS: the request provably did not leave (F20)."""
READING = frozenset(
    (
        *("conversations.history", "conversations.info", "conversations.replies"),
        *("files.getUploadURLExternal", "reactions.get"),
    )
)


class Wire:
    """One bot's connection. Sessions need a running loop, so the connection is made with the first call."""

    def __init__(self, bot_token: str, api_url: str) -> None:
        # slack_sdk logs whole requests, with people's words, at DEBUG
        quiet = logging.getLogger("slack_sdk.web")
        quiet.setLevel(max(quiet.level, logging.INFO))
        self.client = AsyncWebClient(bot_token, base_url=api_url, timeout=int(TOTAL_SECONDS), retry_handlers=[], logger=quiet)
        address = urlsplit(api_url)
        self._own_hooks = f"{address.scheme}://{address.netloc}/"
        self._workspace = ""

    async def call(self, method: str, arguments: Json, *, creating: bool = False) -> Json:
        """Call and return the answer. Raises ``Failed``; ``creating`` as in ``refusals.refused``."""
        return (await self.ask(method, arguments, creating=creating))[0]

    async def ask(self, method: str, arguments: Json, *, creating: bool = False) -> tuple[Json, Json]:
        """The same, with the answer's headers, their names in lower case."""
        self.open()
        how: Json = {"http_verb": "GET", "params": arguments} if method in READING else {"json": arguments}
        return await _asked(method, self.client.api_call(method, **how), creating=creating)

    async def upload(self, address: str, content: bytes) -> None:
        """Send a file's bytes to the address Slack gave for them. Raises ``Failed``."""
        self.open()
        assert self.client.session is not None
        try:
            async with self.client.session.post(address, data=content) as answer:
                status = answer.status
                await answer.read()
        except NEVER_LEFT as error:
            raise unreachable(f"Slack can't be reached ({type(error).__name__})") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise lost(f"the connection to Slack broke ({type(error).__name__})", creating=False) from error
        if status != 200:
            raise lost(f"Slack did not take the file ({status})", creating=False)

    async def workspace(self) -> str:
        """The workspace's address, asked for once; empty while Slack does not tell it."""
        if not self._workspace:
            try:
                self._workspace = str((await self.call("auth.test", {})).get("url") or "")
            except Failed:
                return ""
        return self._workspace

    async def open_socket(self, app_token: str) -> str:
        """A fresh address for Socket Mode. Raises ``Failed``."""
        self.open()
        answer, _ = await _asked("apps.connections.open", self.client.apps_connections_open(app_token=app_token))
        return str(answer["url"])

    async def respond(self, response_url: str, body: Json) -> None:
        """Use the ``response_url`` of an interaction, if it is one of Slack's. Best effort."""
        if not response_url.startswith((HOOKS, self._own_hooks)):
            return
        self.open()
        if self.client.session is not None:
            async with self.client.session.post(response_url, json=body) as response:
                await response.read()

    def open(self) -> None:
        """Make the session, within the running loop, if there is none."""
        if self.client.session is None or self.client.session.closed:
            timeout = aiohttp.ClientTimeout(
                total=TOTAL_SECONDS, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
            )
            self.client.session = aiohttp.ClientSession(timeout=timeout)

    async def close(self) -> None:
        """Close the session."""
        if self.client.session is not None:
            await self.client.session.close()


async def _asked(method: str, asking: Awaitable[AsyncSlackResponse], *, creating: bool = False) -> tuple[Json, Json]:
    try:
        answer = await asking
    except SlackApiError as error:
        status, data, headers = _read(error.response)
        raise refused(method, status, data, headers, creating=creating) from error
    except NEVER_LEFT as error:
        raise unreachable(f"Slack can't be reached ({type(error).__name__})") from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise lost(f"the connection to Slack broke ({type(error).__name__})", creating=creating) from error
    except (AttributeError, ValueError) as error:  # slack_sdk stumbles over answers that are no JSON object
        raise lost(f"Slack answered with something else ({type(error).__name__})", creating=creating) from error
    if not isinstance(answer.data, dict):
        raise lost("Slack answered with something else", creating=creating)
    return answer.data, _lower(answer.headers)


def _read(response: Any) -> tuple[int, Any, Json]:
    """Status, data and headers of slack_sdk's response, or of aiohttp's where the body was no JSON."""
    if isinstance(response, AsyncSlackResponse):
        return response.status_code, response.data, _lower(response.headers)
    return int(getattr(response, "status", 0)), None, _lower(getattr(response, "headers", {}))


def _lower(headers: Any) -> Json:
    return {str(name).lower(): str(value) for name, value in headers.items()}
