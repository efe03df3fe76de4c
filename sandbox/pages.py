"""Serves the page and the example web shop that carries the website widget."""

from __future__ import annotations

import html
import json
import mimetypes
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import emoji
from aiohttp import web

if TYPE_CHECKING:
    from sandbox.server import Sandbox

PAGE = Path(__file__).parent / "page"
SHOP = Path(__file__).parent / "page" / "shop.html"


class Pages:
    """``/`` the page · ``/page/…`` its files · ``/client-site`` a shop with the real widget."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        """Routes for the sandbox's application."""
        return [
            web.get("/", self.index),
            web.get("/favicon.ico", self.icon),
            web.get("/page/{path:.+}", self.file),
            web.get("/client-site", self.shop),
        ]

    async def index(self, request: web.Request) -> web.Response:
        """The page itself."""
        return _serve(PAGE / "index.html")

    async def icon(self, request: web.Request) -> web.Response:
        """Browsers ask for it unbidden."""
        return _serve(PAGE / "icon.svg")

    async def file(self, request: web.Request) -> web.Response:
        """A style sheet, a module or a picture of the page; or the emoji by their short names."""
        if request.match_info["path"] == "emoji.json":
            return web.json_response(text=emoji_names(), headers={"Cache-Control": "max-age=86400"})
        path = (PAGE / request.match_info["path"]).resolve()
        if not path.is_relative_to(PAGE) or not path.is_file():
            raise web.HTTPNotFound(text="no such file")
        return _serve(path)

    async def shop(self, request: web.Request) -> web.Response:
        """The client's view of a website, with the widget the scene names."""
        return web.Response(
            text=SHOP.read_text().replace("<!-- widget -->", widget_tag(self.sandbox.scene.get("widget"))),
            content_type="text/html",
            headers={"Cache-Control": "no-store"},
        )


def widget_tag(widget: Any) -> str:
    """The script tag a site owner would paste; every other word of the scene's widget is a ``data-`` attribute."""
    if not isinstance(widget, dict) or not widget.get("src"):
        return '<p class="absent" role="status">No widget here: the scene names none.</p>'
    attributes = [("src", widget["src"])]
    attributes += [(f"data-{key}", value) for key, value in widget.items() if key != "src" and value is not None]
    written = " ".join(f'{html.escape(key)}="{html.escape(str(value))}"' for key, value in attributes)
    return f'<script id="widget" async {written} onerror="absent(this)"></script>'


SLACK_NAMES = {
    **{
        f"large_{colour}_circle": sign
        for colour, sign in zip(("green", "yellow", "orange", "purple", "brown"), "🟢🟡🟠🟣🟤", strict=True)
    },
    **{
        f"large_{colour}_square": sign
        for colour, sign in zip(("green", "yellow", "orange", "purple", "red", "blue"), "🟩🟨🟧🟪🟥🟦", strict=True)
    },
    "thinking_face": "🤔",
    "hugging_face": "🤗",
    "slightly_smiling_face": "🙂",
    "face_with_monocle": "🧐",
    "white_check_mark": "✅",
    "envelope_with_arrow": "📩",
    "e-mail": "📧",
    "email": "✉️",
    "telephone_receiver": "📞",
    "memo": "📝",
    "lock": "🔒",
    "unlock": "🔓",
}


@cache
def emoji_names() -> str:
    """``{"smile": "😄", …}`` as JSON, without skin tones."""
    names: dict[str, str] = {}
    for sign, about in emoji.EMOJI_DATA.items():
        if "skin_tone" in about["en"] or about["status"] > emoji.STATUS["fully_qualified"]:
            continue
        for name in (about["en"], *about.get("alias", [])):
            names.setdefault(name.strip(":").lower(), sign)
    for sign, about in emoji.EMOJI_DATA.items():  # an alias is the word people type: it wins
        for name in about.get("alias", []):
            if "skin_tone" not in about["en"] and about["status"] <= emoji.STATUS["fully_qualified"]:
                names[name.strip(":").lower()] = sign
    return json.dumps(names | SLACK_NAMES, ensure_ascii=False)


def _serve(path: Path) -> web.Response:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    kind = "text/javascript" if path.suffix == ".js" else kind
    charset = "utf-8" if kind.startswith("text/") or kind.endswith(("svg+xml", "json")) else None
    return web.Response(body=path.read_bytes(), content_type=kind, charset=charset, headers={"Cache-Control": "no-cache"})
