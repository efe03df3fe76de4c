"""A small company to play with: people, rooms, forums, bots, and the settings and team file that fit them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sandbox.server import Sandbox

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:read",
    "reactions:write",
    "users:read",
    "users:read.email",
)
DESK_RIGHTS = ("can_manage_topics", "can_delete_messages", "can_pin_messages")
WIDGET_URL = "http://127.0.0.1:8080/widget.js"
SHOP = "Northwind Shop"
WEBSITE = "website"


@dataclass(frozen=True)
class SlackApp:
    """The installed app's secrets."""

    bot_token: str
    app_token: str
    signing_secret: str


@dataclass(frozen=True)
class TelegramBot:
    """A bot and its token."""

    id: int
    username: str
    token: str


@dataclass(frozen=True)
class WhatsappNumber:
    """The business's number, its app's secrets and where the API is."""

    id: str
    business: str
    token: str
    app_secret: str
    verify_token: str
    api_url: str

    def environment(self) -> dict[str, str]:
        """Settings that switch WhatsApp on. Its webhook needs an address: see ``Whatsapp.set_webhook``."""
        settings = {
            "TOKEN": self.token,
            "PHONE_NUMBER_ID": self.id,
            "BUSINESS_ACCOUNT_ID": self.business,
            "APP_SECRET": self.app_secret,
            "VERIFY_TOKEN": self.verify_token,
            "API_URL": self.api_url,
        }
        return {f"RELAYDESK_WHATSAPP__{name}": value for name, value in settings.items()}


@dataclass(frozen=True)
class Scene:
    """Who and what was set up. People and places go by short names: ``slack_users["olga"]``, ``rooms["sales"]``."""

    page_url: str
    slack_api_url: str
    telegram_api_url: str
    slack_users: dict[str, str]
    rooms: dict[str, str]
    app: SlackApp
    operators: dict[str, int]
    clients: dict[str, int]
    forums: dict[str, int]
    desk_bot: TelegramBot
    channel_bot: TelegramBot
    smtp: tuple[str, int]
    whatsapp: WhatsappNumber
    whatsapp_clients: dict[str, int]
    widget: dict[str, Any] = field(default_factory=dict)
    shortcuts: tuple[dict[str, str], ...] = ()

    def environment(self) -> dict[str, str]:
        """Settings that point a bot at this sandbox (Socket Mode and polling; no public address)."""
        address = urlsplit(self.widget["src"])
        settings = {
            "SLACK__BOT_TOKEN": self.app.bot_token,
            "SLACK__APP_TOKEN": self.app.app_token,
            "SLACK__API_URL": self.slack_api_url,
            "TELEGRAM__DESK_TOKEN": self.desk_bot.token,
            "TELEGRAM__CHANNEL_TOKEN": self.channel_bot.token,
            "TELEGRAM__API_URL": self.telegram_api_url,
            "SMTP__HOST": self.smtp[0],
            "SMTP__PORT": str(self.smtp[1]),
            "SMTP__TLS": "none",
            "SMTP__SENDER": "desk@northwind.example",
            "ADMINS": f"slack:{self.slack_users['ada']}",
            "HTTP__HOST": address.hostname or "127.0.0.1",
            "HTTP__PORT": str(address.port or 8080),
            "WIDGET__ORIGINS": self.page_url,
        }
        return {f"RELAYDESK_{name}": value for name, value in settings.items()}

    def team_toml(self, *, whatsapp: bool = False) -> str:
        """The team file: two groups, two channels (with ``whatsapp`` three), four operators, two roles."""
        tables = [
            ("role", {"name": "lead", "permissions": ["conversations_management", "tab_all", "send_once"]}),
            ("role", {"name": "admin", "permissions": ["super_admin"]}),
            *(("group", self._group(name, label, colour)) for name, label, colour in GROUPS),
            ("channel", {"kind": "telegram", "name": "shop-bot", "group": "Sales"}),
            ("channel", {"kind": "widget", "name": WEBSITE, "group": "Support"}),
            *([("channel", {"kind": "whatsapp", "name": "whatsapp", "group": "Sales"})] if whatsapp else []),
            ("operator", self._operator("Olga Ivanova", "olga", ["Sales", "Support"], "lead")),
            ("operator", self._operator("Ben Carter", "ben", ["Sales"])),
            ("operator", self._operator("Boris Petrov", "boris", ["Sales", "Support"])),
            ("operator", self._operator("Ada Admin", "ada", [], "admin")),
        ]
        return "\n".join(f"[[{name}]]\n{written(words)}" for name, words in tables)

    def _group(self, name: str, label: str, colour: str) -> dict[str, Any]:
        place = name.lower()
        return {
            "name": name,
            "label": label,
            "colour": colour,
            "slack_room": self.rooms[place],
            "telegram_forums": [self.forums[place]],
        }

    def _operator(self, name: str, short: str, groups: list[str], role: str = "") -> dict[str, Any]:
        words: dict[str, Any] = {"name": name, "email": f"{short}@northwind.example"}
        if short in self.slack_users:
            words["slack"] = self.slack_users[short]
        if short in self.operators:
            words["telegram"] = self.operators[short]
        return {**words, "groups": groups} | ({"role": role} if role else {})

    def page(self) -> dict[str, Any]:
        """What the page needs to know: ``GET /control/scene``."""
        roles = {"olga": "operator", "ben": "operator", "ada": "super-admin", "guest": "not an operator"}
        return {
            "slack": {
                "workspace": "Northwind",
                "you": self.slack_users["olga"],
                "people": [{"id": self.slack_users[short], "role": role} for short, role in roles.items()],
                "rooms": self.rooms,
                "shortcuts": list(self.shortcuts),
            },
            "telegram": {
                "desk_bot": self.desk_bot.id,
                "channel_bot": self.channel_bot.id,
                "operators": [{"id": number} for number in self.operators.values()],
                "clients": [{"id": number} for number in self.clients.values()],
                "forums": self.forums,
            },
            "whatsapp": {"clients": [{"id": number} for number in self.whatsapp_clients.values()]},
            "widget": self.widget,
        }

    def write(self, folder: Path) -> None:
        """Leave ``bot.env`` and ``team.toml`` in a folder, for a bot started by hand."""
        folder.mkdir(parents=True, exist_ok=True)
        team = folder / "team.toml"
        team.write_text(self.team_toml(whatsapp=True), encoding="utf-8")
        settings = {**self.environment(), **self.whatsapp.environment(), "RELAYDESK_TEAM_FILE": str(team.resolve())}
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        (folder / "bot.env").write_text(lines, encoding="utf-8")


GROUPS = (("Sales", "Sales", "🟢"), ("Support", "Support", "🔵"))


async def build_scene(sandbox: Sandbox, *, widget_url: str = WIDGET_URL, shortcuts: Iterable[dict[str, str]] = ()) -> Scene:
    """Set the company up in a fresh sandbox and tell the page about it.

    ``shortcuts`` are those of the app's manifest (``name``, ``type``, ``callback_id``); the page offers them.
    """
    slack_users, rooms, app = _slack(sandbox)
    operators, clients, forums, desk_bot, channel_bot = _telegram(sandbox)
    number, whatsapp_clients = _whatsapp(sandbox)
    scene = Scene(
        page_url=sandbox.url,
        slack_api_url=sandbox.slack.base_url,
        telegram_api_url=sandbox.telegram.base_url,
        slack_users=slack_users,
        rooms=rooms,
        app=app,
        operators=operators,
        clients=clients,
        forums=forums,
        desk_bot=desk_bot,
        channel_bot=channel_bot,
        smtp=(sandbox.mailbox.host, sandbox.mailbox.port),
        whatsapp=number,
        whatsapp_clients=whatsapp_clients,
        widget={"src": widget_url, "channel": WEBSITE, "title": "Northwind", "accent": "#3f6b4f"},
        shortcuts=tuple(shortcuts),
    )
    sandbox.scene = scene.page()
    return scene


def _slack(sandbox: Sandbox) -> tuple[dict[str, str], dict[str, str], SlackApp]:
    slack = sandbox.slack
    named = {"olga": "Olga Ivanova", "ben": "Ben Carter", "ada": "Ada Admin", "guest": "Gus Guest"}
    users = {short: _id(slack.add_user(name=name, email=f"{short}@northwind.example")) for short, name in named.items()}
    app = slack.add_app(name="relaydesk", scopes=list(SCOPES), slash_commands=["/desk"])
    everybody = [*users.values(), app["bot_user_id"]]
    rooms = {name: _id(slack.add_room(name=name, members=everybody)) for name in ("sales", "support")}
    return users, rooms, SlackApp(app["bot_token"], app["app_token"], app["signing_secret"])


def _telegram(
    sandbox: Sandbox,
) -> tuple[dict[str, int], dict[str, int], dict[str, int], TelegramBot, TelegramBot]:
    telegram = sandbox.telegram
    bots = [
        TelegramBot(made["id"], made["username"], made["token"])
        for made in (
            telegram.add_bot(name="Northwind desk", username="northwind_desk_bot"),
            telegram.add_bot(name=SHOP, username="northwind_shop_bot"),
        )
    ]
    operators = {
        "olga": telegram.add_user(name="Olga", last_name="Ivanova", username="olga_ivanova")["id"],
        "boris": telegram.add_user(name="Boris", last_name="Petrov", username="boris_p")["id"],
    }
    clients = {
        "ann": telegram.add_user(name="Ann", last_name="Lee", username="ann_lee")["id"],
        "karim": telegram.add_user(name="Карим", language_code="ru")["id"],
    }
    people = list(operators.values())
    forums = {
        name: telegram.add_forum(title=title, members=people, admins=people[:1], bots={bots[0].id: list(DESK_RIGHTS)})["id"]
        for name, title in (("sales", "Sales desk"), ("support", "Support desk"))
    }
    for forum in forums.values():  # a real group's first message tells of its creation; 1 is also General's number
        telegram.chats[forum].last_id = max(1, telegram.chats[forum].last_id)
    return operators, clients, forums, bots[0], bots[1]


def _whatsapp(sandbox: Sandbox) -> tuple[WhatsappNumber, dict[str, int]]:
    whatsapp = sandbox.whatsapp
    made = whatsapp.add_number(display="+1 555 010 0000")
    names = ("id", "business", "token", "app_secret", "verify_token")
    number = WhatsappNumber(**{name: made[name] for name in names}, api_url=whatsapp.base_url)
    whatsapp.add_template("order_ready", "Hello {{1}}, your order {{2}} is ready.", footer=SHOP)
    whatsapp.add_template("still_there", "Hello, may we write to you?")
    people = {"maria": ("Maria Silva", "+4915112340001", False), "nil": ("Nil", "+4915112340002", True)}
    return number, {
        short: whatsapp.add_person(name=name, phone=phone, hidden=hidden, username=short if hidden else "")["id"]
        for short, (name, phone, hidden) in people.items()
    }


def _id(made: Any) -> str:
    return str(made["id"] if isinstance(made, dict) else made)


def written(words: dict[str, Any]) -> str:
    """One table of TOML; strings and lists look the same there as in JSON."""
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in words.items())
