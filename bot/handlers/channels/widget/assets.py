"""The script and the style sheet a website loads, put together once from ``page/`` and kept compressed."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PAGE = Path(__file__).parent / "page"
_PARTS = ("words.js", "text.js", "wire.js", "files.js", "view.js", "rows.js", "widget.js")
_REMARK = re.compile(r"^\s*(?://.*|/\*\*.*\*/)?\n| ?/\* [^*]* \*/ ?| // .*$", re.MULTILINE)
_INDENT = re.compile(r"^[ ]+", re.MULTILINE)
_CSS_SPACE = re.compile(r"\s*([{}:;,>])\s*|\s*\n\s*")
LANGUAGES = ("en", "de", "ru", "kk")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file to serve. ``etag`` changes with its content."""

    content_type: str
    plain: bytes
    packed: bytes
    etag: str


@cache
def script(looks: str = "{}") -> Asset:
    """``/widget.js``: every part in one function scope, the style sheet within as a string.

    ``looks`` is a JSON object: what a page's own attributes do not say (title, greeting, colour, …).
    """
    css = json.dumps(_CSS_SPACE.sub(lambda found: found[1] or " ", _read("widget.css")))
    parts = "".join([_INDENT.sub("", _REMARK.sub("", _read(name))) for name in _PARTS])
    given = f"const CSS_TEXT = {css};\nconst LOOKS = {looks};\nconst ENGLISH = {_words('en')};\n"
    return _asset("text/javascript", f'(() => {{\n"use strict";\n{given}{parts}}})();\n')


@cache
def words(language: str) -> Asset:
    """``/widget/words/de.json``: what the widget says in one of ``LANGUAGES``; English is in the script."""
    return _asset("application/json", _words(language))


def _words(language: str) -> str:
    return json.dumps(json.loads(_read(f"words/{language}.json")), ensure_ascii=False, separators=(",", ":"))


@cache
def style() -> Asset:
    """``/widget/widget.css``, for browsers that can't make a style sheet in a script."""
    return _asset("text/css", _read("widget.css"))


def _read(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


def _asset(content_type: str, text: str) -> Asset:
    plain = text.encode()
    return Asset(content_type, plain, gzip.compress(plain, 9, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:24]}"')
