"""The Bot API methods the sandbox serves, by lower-case name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.telegram.arguments import METHODS, Arguments
from sandbox.telegram.world import Bot, World

Handler = Callable[[World, Bot, Arguments], Any]

HANDLERS: dict[str, Handler] = {}


def method(*names: str) -> Callable[[Handler], Handler]:
    """Serve these methods. A handler returns the ``result`` or raises ``Refused``."""

    def register(handler: Handler) -> Handler:
        for name in names:
            if name.lower() not in METHODS:
                raise LookupError(f"no Bot API method {name}")
            HANDLERS[name.lower()] = handler
        return handler

    return register
