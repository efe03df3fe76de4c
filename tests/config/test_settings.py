from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Admin, Settings, SettingsError, load

BOT, APP, SIGNING = "xoxb-1-2-secretword", "xapp-1-A-secretword", "8f742231b10e8888abcd99yyyzzz85a5"
TELEGRAM = "123456:AAF-secretword"
WEBHOOK = {"TELEGRAM__DESK_TOKEN": TELEGRAM, "TELEGRAM__WEBHOOK_SECRET": "abc_DEF-123"}


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    def set_and_load(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name if name == "PORT" else f"RELAYDESK_{name}", value)
        return load()

    return set_and_load


def test_nothing_set_means_one_file_and_no_platform(given) -> None:
    settings = given()
    assert settings.database_url.get_secret_value() == "sqlite+aiosqlite:///relaydesk.db"
    assert settings.is_sqlite
    assert settings.http.port == 8080
    assert settings.slack.bot_token is None
    assert settings.telegram.desk_token is None
    assert settings.slack.api_url == "https://slack.com/api/"
    assert settings.telegram.api_url == "https://api.telegram.org"
    assert settings.admins == ()
    assert settings.secrets() == ()
    assert settings.limits.telegram_forum_per_minute == 20


def test_everything_set(given) -> None:
    settings = given(
        DATABASE_URL="postgresql+asyncpg://desk:p%40ss@db/relaydesk",
        PUBLIC_URL="https://desk.example.com/",
        ADMINS="slack:U012AB3CD, telegram:123",
        TEAM_FILE="team.toml",
        SLACK__BOT_TOKEN=f" {BOT} ",
        SLACK__APP_TOKEN=APP,
        SLACK__API_URL="http://127.0.0.1:9/slack/api",
        WIDGET__ORIGINS="https://example.com, http://localhost:3000/",
        LIMITS__SLACK_ROOM_PER_SECOND="0",
        CARD_DEBOUNCE="0.2",
        LOG__LEVEL="DEBUG",
        OUTGOING__ENABLED="true",
        **WEBHOOK,
    )
    assert not settings.is_sqlite
    assert settings.public_url == "https://desk.example.com"
    assert settings.admins == (Admin("slack", "U012AB3CD"), Admin("telegram", "123"))
    assert settings.team_file == Path("team.toml")
    assert settings.slack.api_url == "http://127.0.0.1:9/slack/api/"
    assert settings.widget.origins == ("https://example.com", "http://localhost:3000")
    assert settings.limits.slack_room_per_second == 0
    assert settings.card_debounce == 0.2
    assert settings.log.level == "debug"
    assert settings.outgoing.enabled
    assert set(settings.secrets()) == {BOT, APP, TELEGRAM, "abc_DEF-123", "p%40ss", "p@ss"}
    assert not any(secret in repr(settings) for secret in settings.secrets())


def test_env_file_is_read_below_the_environment(given, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RELAYDESK_HTTP__PORT=1234\nRELAYDESK_LOG__FORMAT=json\nOTHER=1\n")
    settings = given(LOG__FORMAT="console")
    assert (settings.http.port, settings.log.format) == (1234, "console")


def test_port_of_the_host_is_used_unless_ours_is_set(given) -> None:
    assert given(PORT="5000").http.port == 5000
    assert given(HTTP__PORT="6000").http.port == 6000


def test_empty_means_unset(given) -> None:
    assert given(SLACK__BOT_TOKEN="", ADMINS="", PUBLIC_URL="").slack.bot_token is None


def test_plain_http_webhooks_go_to_a_bot_api_server_of_ones_own(given) -> None:
    settings = given(PUBLIC_URL="http://127.0.0.1:80", TELEGRAM__API_URL="http://127.0.0.1:8081", **WEBHOOK)
    assert settings.telegram.webhook_secret is not None


WRONG = [
    ({"SLACK__BOT_TOKN": "x"}, "RELAYDESK_SLACK__BOT_TOKN", "did you mean RELAYDESK_SLACK__BOT_TOKEN?"),
    ({"BANANA": "x"}, "RELAYDESK_BANANA", "example.env"),
    ({"SLACK__BOT_TOKEN": "xoxp-secretword"}, "RELAYDESK_SLACK__BOT_TOKEN", "xoxb-"),
    ({"SLACK__BOT_TOKEN": "xoxb-…"}, "RELAYDESK_SLACK__BOT_TOKEN", "Bot User OAuth Token"),
    ({"SLACK__BOT_TOKEN": BOT, "SLACK__APP_TOKEN": "secretword"}, "RELAYDESK_SLACK__APP_TOKEN", "xapp-"),
    ({"SLACK__BOT_TOKEN": BOT}, "RELAYDESK_SLACK__APP_TOKEN", "RELAYDESK_SLACK__SIGNING_SECRET"),
    ({"SLACK__SIGNING_SECRET": SIGNING}, "RELAYDESK_SLACK__BOT_TOKEN", "set both"),
    ({"TELEGRAM__DESK_TOKEN": "secretword"}, "RELAYDESK_TELEGRAM__DESK_TOKEN", "@BotFather"),
    (WEBHOOK, "RELAYDESK_PUBLIC_URL", "https"),
    (WEBHOOK | {"PUBLIC_URL": "http://example.com"}, "RELAYDESK_PUBLIC_URL", "https://"),
    (WEBHOOK | {"TELEGRAM__WEBHOOK_SECRET": "secretword!"}, "RELAYDESK_TELEGRAM__WEBHOOK_SECRET", "A-Z"),
    ({"PUBLIC_URL": "desk.example.com"}, "RELAYDESK_PUBLIC_URL", "https://desk.example.com"),
    ({"DATABASE_URL": "sqlite:///secretword.db"}, "RELAYDESK_DATABASE_URL", "sqlite+aiosqlite://"),
    ({"DATABASE_URL": "postgres://u:secretword@h/d"}, "RELAYDESK_DATABASE_URL", "postgresql+asyncpg://"),
    ({"DATABASE_URL": "mysql://u:secretword@h/d"}, "RELAYDESK_DATABASE_URL", "sqlite+aiosqlite://"),
    ({"DATABASE_URL": "secretword"}, "RELAYDESK_DATABASE_URL", "sqlite+aiosqlite:///"),
    ({"DATABASE_URL": "sqlite+aiosqlite://"}, "RELAYDESK_DATABASE_URL", "names no database"),
    ({"ADMINS": "olga"}, "RELAYDESK_ADMINS", "slack:U012AB3CD"),
    ({"HTTP__PORT": "http"}, "RELAYDESK_HTTP__PORT", "whole number"),
    ({"PORT": "http"}, "PORT", "RELAYDESK_HTTP__PORT"),
    ({"THREAD_REST": "0"}, "RELAYDESK_THREAD_REST", "more than 0"),
    ({"LIMITS__TELEGRAM_BOT_PER_SECOND": "-1"}, "RELAYDESK_LIMITS__TELEGRAM_BOT_PER_SECOND", "at least 0"),
    ({"LOG__FORMAT": "xml"}, "RELAYDESK_LOG__FORMAT", "'console' or 'json'"),
    ({"WIDGET__ORIGINS": "*"}, "RELAYDESK_WIDGET__ORIGINS", "without paths or *"),
    ({"WHATSAPP__TOKEN": "secretword"}, "RELAYDESK_WHATSAPP__PHONE_NUMBER_ID", "missing"),
    ({"SMTP__HOST": "mail"}, "RELAYDESK_SMTP__SENDER", "missing"),
    ({"OUTGOING__ENABLED": "perhaps"}, "RELAYDESK_OUTGOING__ENABLED", "true or false"),
]


@pytest.mark.parametrize(("variables", "name", "remedy"), WRONG, ids=[f"{n}-{case[1]}" for n, case in enumerate(WRONG)])
def test_a_wrong_setting_is_told_in_one_line(given, variables: dict[str, str], name: str, remedy: str) -> None:
    with pytest.raises(SettingsError) as caught:
        given(**variables)
    said = str(caught.value)
    assert said.startswith(name + " ")
    assert remedy in said
    assert "\n" not in said
    assert "secretword" not in said
    assert caught.value.__cause__ is None


def test_F64_an_empty_webhook_secret_is_refused(given) -> None:
    with pytest.raises(SettingsError, match=r"^RELAYDESK_TELEGRAM__WEBHOOK_SECRET is empty"):
        given(**WEBHOOK | {"TELEGRAM__WEBHOOK_SECRET": "", "PUBLIC_URL": "https://example.com"})


def test_several_troubles_are_counted(given) -> None:
    with pytest.raises(SettingsError, match=r"and 1 more"):
        given(HTTP__PORT="x", LOG__LEVEL="loud")


def test_an_unreadable_env_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.env").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"bad\.env can't be read"):
        load(tmp_path / "bad.env")


def test_unknown_names_in_the_env_file_are_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("RELAYDESK_TEAMFILE=x\n")
    with pytest.raises(SettingsError, match="did you mean RELAYDESK_TEAM_FILE"):
        load()


def test_the_example_can_be_used_and_names_every_setting(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "config" / "example.env"
    assert load(example).team_file == Path("team.toml")
    uncommented = [
        line.removeprefix("# ") for line in example.read_text().splitlines() if line.removeprefix("# ").startswith("RELAYDESK_")
    ]
    (tmp_path / ".env").write_text(
        "\n".join(f"{line.partition('=')[0]}=" for line in uncommented if "WEBHOOK_SECRET" not in line)
    )
    load()
