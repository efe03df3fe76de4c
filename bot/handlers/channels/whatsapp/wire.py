"""The few calls of WhatsApp's Cloud API that the house makes, on aiohttp (decision 0005).

developers.facebook.com/documentation/business-messaging/whatsapp: messages, business-phone-numbers/media, message templates,
business-scoped-user-ids.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

Json = dict[str, Any]
CALL_SECONDS = 15.0
PAGES = 20
"""Pages of templates that are read; a business has at most 6,000."""
_BSUID = re.compile(r"[A-Z]{2}\..+")


class Refused(Exception):
    """The API answers that it does not do it. ``code`` is what counts; titles are going to be dropped."""

    def __init__(self, status: int, code: int, details: str) -> None:
        super().__init__(f"{code}: {details}")
        self.status = status
        self.code = code
        self.details = details


class NotUnderstood(Exception):
    """Something between us and the API answered: nobody knows whether the call was made."""


class Graph:
    """One business number. ``api_url`` and ``version`` as in the settings."""

    def __init__(self, *, token: str, number: str, api_url: str, version: str) -> None:
        self._token = token
        self._number = number
        self._base = f"{api_url.rstrip('/')}/{version}"
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_near(self) -> bool:
        """Whether it is a stand-in on this machine, which needs no public address to reach us."""
        return URL(self._base).host in ("127.0.0.1", "::1", "localhost")

    @property
    def headers(self) -> dict[str, str]:
        """The token, as each call bears it."""
        return {"Authorization": f"Bearer {self._token}"}

    async def send(self, body: Json) -> str:
        """Send a message; its id. Raises ``Refused``, ``NotUnderstood`` or what aiohttp raises."""
        answer = await self._call("POST", f"{self._number}/messages", json={"messaging_product": "whatsapp", **body})
        try:
            return str(answer["messages"][0]["id"])
        except (LookupError, TypeError):
            raise NotUnderstood("no id in the answer") from None

    async def upload(self, name: str, mime: str, size: int, pieces: AsyncIterator[bytes]) -> str:
        """Hand a file over, piece by piece, and get the id it is sent by."""
        border = secrets.token_hex(16)
        head = _fields(border, {"messaging_product": "whatsapp", "type": mime}) + _file_head(border, name, mime)
        tail = f"\r\n--{border}--\r\n".encode()

        async def whole() -> AsyncIterator[bytes]:
            yield head
            async for piece in pieces:
                yield piece
            yield tail

        answer = await self._call(
            "POST",
            f"{self._number}/media",
            data=whole(),
            headers={
                "Content-Type": f"multipart/form-data; boundary={border}",
                "Content-Length": str(len(head) + size + len(tail)),
            },
            timeout=aiohttp.ClientTimeout(total=None, sock_read=60.0, connect=CALL_SECONDS),
        )
        return str(answer["id"])

    async def media(self, number: str) -> Json:
        """Where a file can be fetched now, for some minutes; with its size and type."""
        return await self._call("GET", quote(number, safe=""))

    async def about(self) -> Json:
        """The number itself."""
        return await self._call("GET", self._number, params={"fields": "display_phone_number,verified_name,quality_rating"})

    async def templates(self, business: str) -> list[Json]:
        """All approved templates of the business account."""
        found: list[Json] = []
        asked = {"status": "APPROVED", "limit": "100", "fields": "name,language,status,components,parameter_format"}
        for _ in range(PAGES):
            answer = await self._call("GET", f"{business}/message_templates", params=asked)
            found += [one for one in answer.get("data", []) if isinstance(one, dict)]
            paging = answer.get("paging") or {}
            if not paging.get("next"):
                break
            asked["after"] = str(paging.get("cursors", {}).get("after", ""))
        return found

    async def _call(self, method: str, path: str, **more: Any) -> Json:
        headers = {**self.headers, **more.pop("headers", {})}
        async with self._client().request(
            method, f"{self._base}/{path}", headers=headers, allow_redirects=False, **more
        ) as answer:
            text = await answer.text()
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if isinstance(found, dict) and isinstance(found.get("error"), dict):
            raise _refused(answer.status, found["error"])
        if answer.status != 200 or not isinstance(found, dict):
            raise NotUnderstood(f"WhatsApp answered {answer.status}")
        return found

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def close(self) -> None:
        """Close connections."""
        if self._session is not None:
            await self._session.close()


def to_whom(address: str) -> Json:
    """How a message names its receiver: a business-scoped id, or a phone number."""
    if _BSUID.fullmatch(address):
        return {"recipient_type": "individual", "recipient": address}
    return {"recipient_type": "individual", "to": address}


def _refused(status: int, error: Json) -> Refused:
    data = error.get("error_data")
    details = data.get("details", "") if isinstance(data, dict) else ""
    code = error.get("code")
    return Refused(status, code if isinstance(code, int) else 0, str(details or error.get("message", "")))


def _fields(border: str, values: dict[str, str]) -> bytes:
    parts = [f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in values.items()]
    return "".join(parts).encode()


def _file_head(border: str, name: str, mime: str) -> bytes:
    safe = name.replace("\\", "_").replace('"', "'").replace("\r", " ").replace("\n", " ")
    return (
        f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{safe}"\r\nContent-Type: {mime}\r\n\r\n'
    ).encode()
