"""Marks the methods a person (the page, a script, a test) may call through the control API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def person(method: Method) -> Method:
    """Let ``POST /control/<platform>/<method>`` call this, with a JSON object of keyword arguments.

    The method may be sync or async and must return something JSON can carry.
    """
    method.__person__ = True  # type: ignore[attr-defined]
    return method


class Mistake(Exception):
    """A person asked the sandbox for something the real platform's app would not offer."""
