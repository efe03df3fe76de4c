"""How much one visitor, and one network address, may ask for (F74)."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Per minute, each with as much at once as ``…_burst`` says. Streams and uploads are counted while they are open.

    ``uploads``    files taken in at the same time, as many more wait; ``upload_mb`` megabytes of an address
    ``receipts``   what a visitor's browser may tell of reading and typing; more is dropped, nobody misses it (F43)
    """

    visitor: int = 20
    visitor_burst: int = 10
    address: int = 120
    address_burst: int = 60
    reads: int = 300
    reads_burst: int = 150
    visitor_streams: int = 3
    address_streams: int = 200
    streams: int = 10_000
    visitor_uploads: int = 3
    address_uploads: int = 10
    uploads: int = 24
    upload_mb: int = 60
    upload_mb_burst: int = 200
    receipts: int = 60
    receipts_burst: int = 20


class Throttle:
    """Lets through ``per_minute`` of each key, ``burst`` at once. One number per key; keys at rest are forgotten."""

    KEYS = 50_000

    def __init__(self, per_minute: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._every = 60.0 / per_minute
        self._burst = burst
        self._clock = clock
        self._busy_until: dict[str, float] = {}

    def take(self, key: str, units: int = 1) -> float:
        """0 when so many may pass, else the seconds after which they may; what was refused does not count."""
        now = self._clock()
        until = max(now, self._busy_until.get(key, 0.0))
        wait = until - now - self._every * (self._burst - units)
        if wait > 0:
            return wait
        if len(self._busy_until) >= self.KEYS and key not in self._busy_until:
            self._forget(now)
        self._busy_until[key] = until + self._every * units
        return 0.0

    def _forget(self, now: float) -> None:
        self._busy_until = {key: until for key, until in self._busy_until.items() if until > now}
        if len(self._busy_until) >= self.KEYS:  # all are busy: those we have known longest go
            for key in list(self._busy_until)[: self.KEYS // 10]:
                del self._busy_until[key]


def address_of(request: web.Request, proxies: int) -> str:
    """The network the request comes from: an IPv4 address, or a /64 of IPv6.

    ``X-Forwarded-For`` counts only when our peer is a private address, as a reverse proxy's is, and then the entry
    that the outermost of ``proxies`` proxies wrote: what stands left of it anybody can make up.
    """
    peer = _parse(request.remote or "")
    if peer is not None and proxies > 0 and (peer.is_private or peer.is_loopback):
        told = [part.strip() for line in request.headers.getall("X-Forwarded-For", []) for part in line.split(",")]
        peer = (_parse(told[max(0, len(told) - proxies)]) if told else None) or peer
    if peer is None:
        return "unknown"
    if isinstance(peer, ipaddress.IPv6Address):
        return str(peer.ipv4_mapped or ipaddress.ip_network((peer, 64), strict=False))
    return str(peer)


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
