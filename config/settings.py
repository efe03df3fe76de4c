"""Settings from the environment or `.env`: the only reader of the environment.

``load()`` gives checked, frozen settings or raises :class:`SettingsError`, one line that names the variable and the
remedy and never repeats a value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.wording import SettingsError, one_line, refuse_unknown

__all__ = ["Admin", "Settings", "SettingsError", "load"]

PREFIX = "RELAYDESK_"
TELEGRAM_API = "https://api.telegram.org"
ENGINES = ("sqlite+aiosqlite", "postgresql+asyncpg")


class Admin(NamedTuple):
    """A person who is super-admin whatever the team file says."""

    platform: str
    external_id: str


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _parse_admins(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    admins = []
    for word in filter(None, (word.strip() for word in value.split(","))):
        platform, _, external_id = word.partition(":")
        shape = {"slack": r"[UW][A-Z0-9]+", "telegram": r"\d+"}.get(platform)
        if shape is None or not re.fullmatch(shape, external_id):
            raise ValueError("must be a list like slack:U012AB3CD,telegram:123456 (ids, not names)")
        admins.append(Admin(platform, external_id))
    return tuple(admins)


def _parse_origins(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    origins = tuple(word.strip().rstrip("/") for word in value.split(",") if word.strip())
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != origin:
            raise ValueError("must be a list of sites like https://example.com,https://shop.example.com, without paths or *")
    return origins


def _parse_domains(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    domains = frozenset(word.strip().lower() for word in value.split(",") if word.strip())
    if not all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain) for domain in domains):
        raise ValueError("must be a list of domains like example.com,example.org, without @ or *")
    return domains


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address like https://desk.example.com")
    return value.rstrip("/")


def _matches(pattern: str, remedy: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, value.get_secret_value()):
            raise ValueError(remedy)
        return value

    return AfterValidator(check)


Secret = Annotated[SecretStr, BeforeValidator(_strip)]
TelegramToken = Annotated[
    Secret, _matches(r"\d+:[A-Za-z0-9_-]+", "is not a bot token: copy the one @BotFather gave, like 123456:AbC-dEf")
]
WebAddress = Annotated[str, AfterValidator(_web_address)]
SlackAddress = Annotated[WebAddress, AfterValidator(lambda value: value + "/")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)


def _environment_port() -> int:
    """Hosts that run a Procfile name the port in PORT."""
    port = os.environ.get("PORT") or "8080"
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise SettingsError("PORT must be a whole number up to 65535; remove it or set RELAYDESK_HTTP__PORT")
    return int(port)


class Http(_Part):
    """Where this process listens. Port 0 takes a free one."""

    host: str = "0.0.0.0"  # noqa: S104 - a server for webhooks listens to the world unless told otherwise
    port: int = Field(default_factory=_environment_port, ge=0, le=65535)


class Slack(_Part):
    """A Slack workspace. Socket Mode when there is an app token, HTTP when there is a signing secret; both may be."""

    bot_token: (
        Annotated[
            Secret,
            _matches(r"xoxb-[A-Za-z0-9-]+", 'is not a bot token xoxb-…: copy "Bot User OAuth Token" from the app\'s OAuth page'),
        ]
        | None
    ) = None
    app_token: (
        Annotated[
            Secret, _matches(r"xapp-[A-Za-z0-9-]+", "is not an app token xapp-…: make an app-level token with connections:write")
        ]
        | None
    ) = None
    signing_secret: Secret | None = None
    api_url: SlackAddress = "https://slack.com/api/"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.bot_token is None:
            for name, value in (("APP_TOKEN", self.app_token), ("SIGNING_SECRET", self.signing_secret)):
                if value is not None:
                    raise ValueError(
                        f"RELAYDESK_SLACK__BOT_TOKEN is missing, but RELAYDESK_SLACK__{name} is set: set both, or neither"
                    )
        elif self.app_token is None and self.signing_secret is None:
            raise ValueError(
                "RELAYDESK_SLACK__APP_TOKEN is missing: set it for Socket Mode, or RELAYDESK_SLACK__SIGNING_SECRET for HTTP"
            )
        return self


class Telegram(_Part):
    """Telegram bots: one for operators, one for clients, which may be the same. Polling unless there is a webhook secret."""

    desk_token: TelegramToken | None = None
    channel_token: TelegramToken | None = None
    webhook_secret: (
        Annotated[Secret, _matches(r"[A-Za-z0-9_-]{1,256}", "must be 1 to 256 of the letters A-Z a-z 0-9 _ and -")] | None
    ) = None
    api_url: WebAddress = TELEGRAM_API


class Whatsapp(_Part):
    """A WhatsApp Cloud API number. ``business_account_id`` is whose approved templates are offered."""

    token: Secret | None = None
    phone_number_id: str | None = Field(default=None, pattern=r"^\d+$")
    business_account_id: str | None = Field(default=None, pattern=r"^\d+$")
    app_secret: Secret | None = None
    verify_token: Secret | None = None
    api_url: WebAddress = "https://graph.facebook.com"
    graph_version: str = Field(default="v23.0", pattern=r"^v\d+\.\d+$")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name in ("phone_number_id", "app_secret", "verify_token"):
            if self.token is not None and getattr(self, name) is None:
                raise ValueError(
                    f"RELAYDESK_WHATSAPP__{name.upper()} is missing: WhatsApp needs it beside RELAYDESK_WHATSAPP__TOKEN"
                )
        return self


class Smtp(_Part):
    """The mail server for transcripts. Off without a host.

    ``allowed_domains``  every operator may mail to these; elsewhere only to operators, to the client, or with a right (F55)
    """

    host: str | None = None
    port: int = Field(default=587, ge=1, le=65535)
    username: str | None = None
    password: Secret | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"
    sender: str | None = Field(default=None, pattern=r"^[^\r\n]*[^@\s]+@[^@\s]+$")
    allowed_domains: Annotated[frozenset[str], BeforeValidator(_parse_domains)] = frozenset()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.host is not None and self.sender is None:
            raise ValueError("RELAYDESK_SMTP__SENDER is missing: mail needs a sender, like Support <support@example.com>")
        return self


class Outgoing(_Part):
    """Conversations that operators begin (R90)."""

    enabled: bool = False


class Widget(_Part):
    """The website chat: the sites that may show it, the secret that signs who a visitor is, and how it looks and greets.

    A page's own ``data-`` attributes go before ``title``, ``subtitle``, ``greeting``, ``accent`` and ``lang``.
    """

    origins: Annotated[tuple[str, ...], BeforeValidator(_parse_origins)] = ()
    identity_secret: Annotated[Secret, _matches(r"[\s\S]{16,}", "is too short: make it 16 characters or more")] | None = None
    title: str = Field(default="", max_length=80)
    subtitle: str = Field(default="", max_length=120)
    greeting: str = Field(default="", max_length=400)
    accent: str = Field(default="", pattern=r"^(#[0-9a-fA-F]{6})?$")
    lang: Literal["", "en", "ru", "kk", "de"] = ""

    @property
    def looks(self) -> dict[str, str]:
        """What is set of how it looks, by the name of the attribute."""
        names = ("title", "subtitle", "greeting", "accent", "lang")
        return {name: value for name in names if (value := getattr(self, name))}


class HttpChannel(_Part):
    """The HTTP channel. ``insecure_callbacks``: origins that may be called though they are plain http or private; for tests."""

    insecure_callbacks: Annotated[tuple[str, ...], BeforeValidator(_parse_origins)] = ()


class Files(_Part):
    """Files both ways: the largest in megabytes, how many days their bytes are kept, and whether programs are passed on."""

    largest_mb: int = Field(default=100, ge=1, le=2000)
    keep_days: int = Field(default=365, ge=1)
    programs: bool = False


class Log(_Part):
    """How much is logged, and for whom: ``console`` for people, ``json`` for machines."""

    level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lambda value: str(value).lower())] = "info"
    format: Literal["console", "json"] = "console"


class Limits(_Part):
    """What the platforms allow, shared by all nodes. 0 switches a limit off."""

    telegram_forum_per_minute: int = Field(default=20, ge=0)
    telegram_bot_per_second: int = Field(default=30, ge=0)
    telegram_chat_per_second: int = Field(default=1, ge=0)
    slack_room_per_second: int = Field(default=1, ge=0)
    slack_updates_per_minute: int = Field(default=45, ge=0)
    whatsapp_pair_per_minute: int = Field(default=10, ge=0)
    whatsapp_number_per_second: int = Field(default=80, ge=0)


class Settings(BaseSettings):
    """Everything that can be set. A platform without its token is off.

    ``thread_rest``     hours after which a reopened conversation gets a new Slack thread (R30)
    ``card_debounce``   seconds in which changes of a card become one edit
    ``home_debounce``   seconds in which changes of an operator's lists become one drawing of the Home tab
    ``held_note_after`` seconds after which an undecided text stays a note (R25)
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        enable_decoding=False,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    database_url: Secret = SecretStr("sqlite+aiosqlite:///relaydesk.db")
    public_url: WebAddress | None = None
    admins: Annotated[tuple[Admin, ...], BeforeValidator(_parse_admins)] = ()
    team_file: Path | None = None
    thread_rest: float = Field(default=24, gt=0)
    card_debounce: float = Field(default=1.0, ge=0)
    home_debounce: float = Field(default=2.0, ge=0)
    held_note_after: float = Field(default=600, gt=0)
    http: Http = Field(default_factory=Http)
    slack: Slack = Slack()
    telegram: Telegram = Telegram()
    whatsapp: Whatsapp = Whatsapp()
    smtp: Smtp = Smtp()
    outgoing: Outgoing = Outgoing()
    widget: Widget = Widget()
    http_channel: HttpChannel = HttpChannel()
    files: Files = Files()
    log: Log = Log()
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._check_database()
        secret, address = self.telegram.webhook_secret, self.public_url
        if secret is not None:
            if address is None:
                raise ValueError(
                    "RELAYDESK_PUBLIC_URL is missing: Telegram webhooks need this server's https address; "
                    "or remove RELAYDESK_TELEGRAM__WEBHOOK_SECRET to poll"
                )
            # a Bot API server of one's own takes plain http; Telegram's does not
            if self.telegram.api_url == TELEGRAM_API and not address.startswith("https://"):
                raise ValueError("RELAYDESK_PUBLIC_URL must start with https://, Telegram sends webhooks nowhere else")
        return self

    def _check_database(self) -> None:
        engine, separator, rest = self.database_url.get_secret_value().partition("://")
        if not separator:
            raise ValueError("RELAYDESK_DATABASE_URL must be an address like sqlite+aiosqlite:///relaydesk.db")
        if engine not in ENGINES:
            wanted = {"sqlite": ENGINES[0], "postgres": ENGINES[1], "postgresql": ENGINES[1]}.get(engine.partition("+")[0])
            remedy = f"write {wanted}:// instead of {engine}://" if wanted else f"use {ENGINES[0]}:// or {ENGINES[1]}://"
            raise ValueError(f"RELAYDESK_DATABASE_URL names an engine that is not used here: {remedy}")
        if not rest.strip("/"):
            raise ValueError("RELAYDESK_DATABASE_URL names no database: end it with one, like sqlite+aiosqlite:///relaydesk.db")

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is a file, for one process alone."""
        return self.database_url.get_secret_value().startswith("sqlite")

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for the log filter."""
        found = set(_secrets(self)) - {self.database_url.get_secret_value()}
        password = _password(self.database_url.get_secret_value())
        return tuple(sorted(found | ({password, unquote(password)} if password else set())))


def load(env_file: Path | None = Path(".env")) -> Settings:
    """Read the environment, and under it ``env_file`` where there is one. Raises ``SettingsError``."""
    names = _given(env_file)
    refuse_unknown((name for name in names if name.startswith(PREFIX)), set(_names(Settings)), PREFIX)
    if names.get("RELAYDESK_TELEGRAM__WEBHOOK_SECRET") == "":
        raise SettingsError(
            "RELAYDESK_TELEGRAM__WEBHOOK_SECRET is empty, so anybody could pose as Telegram: set it, or remove it to poll"
        )
    try:
        return Settings(_env_file=env_file, _env_file_encoding="utf-8")
    except ValidationError as error:
        raise SettingsError(one_line(error, PREFIX)) from None


def _given(env_file: Path | None) -> dict[str, str]:
    """The variables that are set, by name in capitals, the environment above the file."""
    written: dict[str, str | None] = {}
    if env_file is not None:
        try:
            written = dotenv_values(env_file, encoding="utf-8") if env_file.exists() else {}
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{env_file} can't be read ({type(error).__name__}): make it a readable UTF-8 file") from None
    return {name.upper(): value or "" for name, value in (written | dict(os.environ)).items()}


def _names(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[str]:
    """The names of all variables."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _names(field.annotation, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def _secrets(model: BaseModel) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secrets(value)


def _password(address: str) -> str:
    """The password of a database address as it is written there."""
    login, at, _ = address.partition("://")[2].rpartition("@")
    return login.partition(":")[2] if at else ""
