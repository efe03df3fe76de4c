"""Calls to Slack's Web API through slack_sdk, once each: its retries are off, since they post twice (F19)."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from yarl import URL

from bot.delivery.ports import Permanent
from bot.domain.phrase import Phrase
from bot.handlers.desks.slack.refusals import Failed, lost, refused, unreachable
from bot.handlers.shared.download import Barred, bar, download, open_session

__all__ = ["Failed", "Wire"]

Json = dict[str, Any]

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
TOTAL_SECONDS = 20.0
UPLOAD_SECONDS = 60.0
"""How long Slack may take none of a file's bytes, and to answer after the last."""
HOSTS = ("*.slack.com", "*.slack-files.com", "*.slack-gov.com", "slack-files.com")
"""Where files lie (https://docs.slack.dev/reference/objects/file-object); the configured API's own host besides."""
HOOKS = "https://hooks.slack.com/"

NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
"""DNS, refused or timed out connections, TLS: the request provably did not leave (F20)."""
READING = frozenset(
    (
        *("conversations.history", "conversations.info", "conversations.replies"),
        *("files.getUploadURLExternal", "files.info", "reactions.get"),
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
        self._hosts = (*HOSTS, f"{address.scheme}://{address.netloc}")
        self._downloads: aiohttp.ClientSession | None = None
        self._workspace = self._me = ""

    async def call(self, method: str, arguments: Json, *, creating: bool = False) -> Json:
        """Call and return the answer. Raises ``Failed``; ``creating`` as in ``refusals.refused``."""
        return (await self.ask(method, arguments, creating=creating))[0]

    async def ask(self, method: str, arguments: Json, *, creating: bool = False) -> tuple[Json, Json]:
        """The same, with the answer's headers, their names in lower case."""
        self.open()
        how: Json = {"http_verb": "GET", "params": arguments} if method in READING else {"json": arguments}
        return await _asked(method, self.client.api_call(method, **how), creating=creating)

    async def upload(self, address: str, pieces: AsyncIterator[bytes], length: int) -> None:
        """Send a file's bytes to the address Slack gave for them. Raises ``Failed``, and what ``pieces`` raises."""
        self.open()
        assert self.client.session is not None
        headers = {"Content-Length": str(length), "Content-Type": "application/octet-stream"}
        patience = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=UPLOAD_SECONDS)
        broken: list[LookupError] = []
        try:
            bar(URL(address), self._hosts)
            async with self.client.session.post(
                address, data=_watched(pieces, broken), headers=headers, timeout=patience, allow_redirects=False
            ) as answer:
                status = answer.status
                await answer.read()
        except (Barred, ValueError) as error:
            raise Failed(Permanent(Phrase("Slack names an address for the file that is not its own."))) from error
        except NEVER_LEFT as error:
            raise unreachable(Phrase("Slack can't be reached ({error})", error=type(error).__name__)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if broken:
                raise broken[0] from error
            raise lost(Phrase("the connection to Slack broke ({error})", error=type(error).__name__), creating=False) from error
        if status != 200:
            raise lost(Phrase("Slack did not take the file ({status})", status=status), creating=False)

    def download(self, url: str) -> AsyncGenerator[bytes]:
        """The bytes of a file of Slack's, with the bot's token; raises as :func:`bot.handlers.shared.download.download`."""
        if self._downloads is None or self._downloads.closed:
            self._downloads = open_session(self._hosts)
        token = {"Authorization": f"Bearer {self.client.token}"}
        return download(self._downloads, url, headers=token, hosts=self._hosts)

    async def workspace(self) -> str:
        """The workspace's address, asked for once; empty while Slack does not tell it."""
        if not self._workspace:
            try:
                await self._who()
            except Failed:
                return ""
        return self._workspace

    async def me(self) -> str:
        """The id of the bot's user, asked for once. Raises ``Failed``."""
        if not self._me:
            await self._who()
        return self._me

    async def _who(self) -> None:
        answer = await self.call("auth.test", {})
        self._workspace, self._me = str(answer.get("url") or ""), str(answer.get("user_id") or "")

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
        """Close the sessions."""
        if self._downloads is not None:
            await self._downloads.close()
        if self.client.session is not None:
            await self.client.session.close()


async def _watched(pieces: AsyncIterator[bytes], broken: list[LookupError]) -> AsyncIterator[bytes]:
    """The pieces; why there are no more of them is put down, since aiohttp says only that the connection broke."""
    try:
        async for piece in pieces:
            yield piece
    except LookupError as error:
        broken.append(error)
        raise


async def _asked(method: str, asking: Awaitable[AsyncSlackResponse], *, creating: bool = False) -> tuple[Json, Json]:
    try:
        answer = await asking
    except SlackApiError as error:
        status, data, headers = _read(error.response)
        raise refused(method, status, data, headers, creating=creating) from error
    except NEVER_LEFT as error:
        raise unreachable(Phrase("Slack can't be reached ({error})", error=type(error).__name__)) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise lost(Phrase("the connection to Slack broke ({error})", error=type(error).__name__), creating=creating) from error
    except (AttributeError, ValueError) as error:  # slack_sdk stumbles over answers that are no JSON object
        raise lost(
            Phrase("Slack answered with something else ({error})", error=type(error).__name__), creating=creating
        ) from error
    if not isinstance(answer.data, dict):
        raise lost(Phrase("Slack answered with something else"), creating=creating)
    return answer.data, _lower(answer.headers)


def _read(response: Any) -> tuple[int, Any, Json]:
    """Status, data and headers of slack_sdk's response, or of aiohttp's where the body was no JSON."""
    if isinstance(response, AsyncSlackResponse):
        return response.status_code, response.data, _lower(response.headers)
    return int(getattr(response, "status", 0)), None, _lower(getattr(response, "headers", {}))


def _lower(headers: Any) -> Json:
    return {str(name).lower(): str(value) for name, value in headers.items()}
