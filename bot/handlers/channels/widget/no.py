"""A request that is refused, and the headers of every answer."""

from __future__ import annotations

SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}


class No(Exception):
    """The request is refused: a status, a word for the script, words for the visitor, seconds to wait before another try."""

    def __init__(self, status: int, code: str, message: str, wait: float = 0.0) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.wait = wait
