"""WhatsApp at the house: its number switched on, its clients' hands and eyes."""

from __future__ import annotations

import base64
from typing import Any

from tests.road.desks import SlackView
from tests.road.house import House
from tests.road.talk import NAMES, Talk, View, change_team, views

Json = dict[str, Any]
DAY = 24 * 3600.0
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" + b"\0" * 64
PDF = b"%PDF-1.4\n" + b"relaydesk " * 400 + b"\n%%EOF\n"


async def open_whatsapp(house: House, **env: str) -> None:
    """Start the house with a WhatsApp channel of the group Sales."""
    house.env |= house.scene.whatsapp.environment() | {
        "RELAYDESK_LIMITS__WHATSAPP_PAIR_PER_MINUTE": "0",
        "RELAYDESK_LIMITS__WHATSAPP_NUMBER_PER_SECOND": "0",
        **env,
    }
    change_team(house, lambda tables: tables["channel"].append({"kind": "whatsapp", "name": "wa", "group": "Sales"}))
    await house.start()
    assert house.app is not None
    await house.box.whatsapp.set_webhook(f"{house.app.address}/whatsapp")
    await house.until(lambda: any(one[1] == "templates" for one in house.box.whatsapp.api.calls))


def writes(house: House, text: str, who: str = "maria", **more: Any) -> str:
    """A client writes; the message's id."""
    return str(house.box.whatsapp.send(house.scene.whatsapp_clients[who], text, **more)["id"])


def sees(house: House, who: str = "maria") -> list[str]:
    """What the business has written to a client."""
    return house.box.whatsapp.sent(house.scene.whatsapp_clients[who])


def chat(house: House, who: str = "maria") -> list[Json]:
    """A client's chat."""
    return house.box.whatsapp.messages(house.scene.whatsapp_clients[who])


async def begin_whatsapp(house: House, platform: str, text: str = "hello", client: str = "maria", **more: Any) -> Talk:
    """A client's first words on WhatsApp, mirrored on both desks."""
    mine, other = views(house, platform)
    before = len(mine.threads()), len(other.threads())
    writes(house, text, client, **more)
    await house.until(lambda: len(mine.threads()) > before[0] and len(other.threads()) > before[1])
    await house.settled()
    return Talk(house, mine, other, mine.threads()[-1], other.threads()[-1])


async def begin_taken_whatsapp(house: House, platform: str, who: str = "olga", **more: Any) -> Talk:
    """The same, taken by an operator."""
    talk = await begin_whatsapp(house, platform, **more)
    await talk.presses(who, "Start conversation")
    await talk.shows(f"🟢 In progress 👤 {NAMES[who]}")
    return talk


def files_in(talk: Talk, *, there: bool = False) -> list[tuple[str, bytes]]:
    """The files in the thread on this desk, or on the other one: name and bytes."""
    view, thread = (talk.other, talk.there) if there else (talk.mine, talk.thread)
    if isinstance(view, SlackView):
        return [(name, content) for name, content, _ in view.files(thread)]
    found = []
    for one in view.telegram.messages(chat=view.chat, thread=int(thread)):
        for kind in ("document", "photo", "audio", "voice", "video"):
            if kind in one:
                part = one[kind][-1] if kind == "photo" else one[kind]
                found.append((part.get("file_name", ""), view.telegram.files[part["file_id"]].content))
    return found


def sends_file(talk: Talk, who: str, name: str, mime: str, content: bytes, caption: str = "") -> str:
    """An operator sends a file in the thread; the post."""
    view = talk.mine
    if isinstance(view, SlackView):
        return view.says(who, talk.thread, caption, [{"name": name, "content": content, "mimetype": mime}])
    encoded = base64.b64encode(content).decode()
    sent = view.telegram.send_document(
        view.user(who), view.chat, name, mime, content=encoded, caption=caption or None, thread=int(talk.thread)
    )
    return str(sent["message_id"])


def react(talk: Talk, who: str, post: Json, emoji: str, slack_name: str) -> None:
    """An operator reacts to a post of the thread."""
    view = talk.mine
    if isinstance(view, SlackView):
        view.reacts(who, talk.thread, post["ts"], slack_name)
    else:
        view.telegram.react(user=view.user(who), chat=view.chat, message_id=post["message_id"], emoji=emoji)


def reactions_of(talk: Talk, post: str) -> set[str]:
    """What stands under a post on this desk."""
    view = talk.mine
    if isinstance(view, SlackView):
        return view.reactions(talk.thread, post)
    posts = view.telegram.messages(chat=view.chat, thread=int(talk.thread))
    return {one["emoji"] for said in posts if str(said["message_id"]) == post for one in said.get("reactions", ())}


def calls(house: House, name: str) -> list[Json]:
    """What the house asked of the API under this name."""
    return [arguments for _, method, arguments, _ in house.box.whatsapp.api.calls if method == name]


async def fills_both(view: View, who: str, thread: str, first: Json, second: Json) -> str:
    """Fill a form and the one that follows it; in Telegram both are questions one after the other."""
    if not isinstance(view, SlackView):
        return await view.fills(who, thread, **first, **second)
    assert "{{1}}" in await view.fills(who, thread, **first)
    wrong = await view.fills(who, thread, **{**second, next(iter(second)): " "})
    assert "Please write" in wrong
    return await view.fills(who, thread, **second)
