"""Which websites may talk to the widget's server from a visitor's browser (F74)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, urlsplit

from aiohttp import web

_PORTS = {"http": 80, "https": 443}


class BadOrigin(ValueError):
    """“{origin}” in RELAYDESK_WIDGET__ORIGINS is no origin: write scheme and host alone, like https://shop.example."""

    def __init__(self, origin: str) -> None:
        super().__init__(str(self.__doc__).format(origin=origin))


class Origins:
    """The websites that were allowed, and always the server's own address.

    When none was named and the server is reached on a loopback address, as on a developer's machine, pages on loopback
    addresses may talk to it too.
    """

    def __init__(self, allowed: Iterable[str], public_url: str = "") -> None:
        self._allowed = frozenset([_normal(origin) for origin in allowed])
        self._own = urlsplit(public_url).netloc.lower()

    def allows(self, request: web.Request) -> bool:
        """Whether the page that asks may; requests that name no origin are not made by another site's page."""
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        parts = _split(origin)
        if parts is None:
            return False
        host = parts.netloc.lower()
        # The scheme is left out here: behind a proxy that speaks TLS we see http where the browser sees https.
        if host == request.host.lower() or (self._own and host == self._own):
            return True
        if self._allowed:
            return _canonical(parts) in self._allowed
        return (
            _is_loopback(parts.hostname or "")
            and _is_loopback(urlsplit(f"//{request.host}").hostname or "")
            and _on_loopback(request)
        )

    def headers(self, request: web.Request) -> Mapping[str, str]:
        """What the browser must be told with every answer."""
        origin = request.headers.get("Origin")
        if origin is None or not self.allows(request):
            return {"Vary": "Origin"}
        return {"Vary": "Origin", "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}

    def preflight(self, request: web.Request) -> Mapping[str, str]:
        """The answer to the browser's question beforehand."""
        return {
            **self.headers(request),
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID, X-File-Name",
            "Access-Control-Max-Age": "7200",
        }


def _split(origin: str) -> SplitResult | None:
    try:
        parts = urlsplit(origin)
        usable = parts.scheme in _PORTS and bool(parts.hostname) and parts.path in ("", "/") and "@" not in parts.netloc
        return parts if usable and not parts.query and not parts.fragment and parts.port != 0 else None
    except ValueError:
        return None


def _canonical(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or _PORTS[parts.scheme]}"


def _normal(origin: str) -> str:
    parts = _split(origin.strip())
    if parts is None or "*" in origin:
        raise BadOrigin(origin)
    return _canonical(parts)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _on_loopback(request: web.Request) -> bool:
    name = request.get_extra_info("sockname")
    return isinstance(name, tuple) and _is_loopback(str(name[0]).removeprefix("::ffff:"))
