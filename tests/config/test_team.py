from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.team import Team, TeamFileError, load_team

PERMISSIONS = ("super_admin", "conversations_management", "tab_all", "send_once")
EXAMPLE = Path(__file__).parents[2] / "config" / "example.team.toml"
GROUP = '[[group]]\nname = "support"\nslack_room = "C1"\n'
OLGA = '[[operator]]\nname = "Olga"\nslack = "U1"\n'
IVAN = '[[operator]]\nname = "Ivan"\nslack = "U2"\n'


def team(tmp_path: Path, text: str) -> Team:
    path = tmp_path / "team.toml"
    path.write_text(text)
    return load_team(path, permissions=PERMISSIONS)


def test_the_example_is_a_team() -> None:
    loaded = load_team(EXAMPLE, permissions=PERMISSIONS)
    support, sales = loaded.groups
    assert (support.label, support.telegram_forums, support.signature) == ("Support", ("-1001234567890",), "operator")
    assert sales.signature == "group"
    assert (support.assign_lands_in, sales.assign_lands_in) == ("inbox", None)
    assert [(channel.kind, channel.group) for channel in loaded.channels] == [("telegram", "support"), ("widget", "sales")]
    olga, ivan, maria = loaded.operators
    assert (olga.slack, olga.telegram, olga.groups, olga.role) == ("U012AB3CD", "123456789", ("support",), "lead")
    assert (ivan.role, ivan.email, maria.groups) == (None, None, ())
    assert loaded.roles[0].permissions == ("super_admin",)


def test_a_group_s_settings_may_be_left_to_run_time(tmp_path: Path) -> None:
    (group,) = team(tmp_path, GROUP + "[group.settings]\nreminder_minutes = 15\nhours = ''\n").groups
    assert group.settings.model_dump(exclude_none=True) == {"reminder_minutes": 15, "hours": ""}


def test_values_are_frozen() -> None:
    loaded = load_team(EXAMPLE, permissions=PERMISSIONS)
    with pytest.raises(ValidationError):
        loaded.groups[0].name = "other"  # type: ignore[misc]


def test_a_telegram_number_may_be_quoted(tmp_path: Path) -> None:
    loaded = team(tmp_path, GROUP + '[[operator]]\nname = "Olga"\ntelegram = "42"\n')
    assert loaded.operators[0].telegram == "42"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "has no [[group]]", id="empty"),
        pytest.param("[[group]\n", "is not valid TOML", id="broken"),
        pytest.param(GROUP + "[[grop]]\nname = 'x'\n", 'grop is not a known key; did you mean "group"?', id="unknown table"),
        pytest.param('[group]\nname = "x"\n', "write [[group]] with two brackets", id="single brackets"),
        pytest.param('group = ["x"]\n', "group 1: ", id="not a table"),
        pytest.param(
            '[[group]]\nname = "a"\nslack_rom = "C1"\n',
            'group 1 "a": slack_rom is not a known key; did you mean "slack_room"?',
            id="unknown key",
        ),
        pytest.param(
            GROUP + "[group.settings]\nremindr_minutes = 5\n",
            'group 1 "support": settings.remindr_minutes is not a known key; did you mean "reminder_minutes"?',
            id="unknown setting",
        ),
        pytest.param(GROUP + "[group.settings]\nreminder_minutes = -1\n", "settings.reminder_minutes ", id="negative setting"),
        pytest.param('[[group]]\nslack_room = "C1"\n', "group 1: name is missing", id="no name"),
        pytest.param('[[group]]\nname = " "\nslack_room = "C1"\n', "name must not be empty", id="blank name"),
        pytest.param('[[group]]\nname = "a"\nslack_room = "#support"\n', "slack_room must be the room's id", id="room name"),
        pytest.param(
            '[[group]]\nname = "a"\ntelegram_forums = [100]\n', 'group 1 "a": telegram_forums must be ids', id="no minus"
        ),
        pytest.param('[[group]]\nname = "a"\n', 'group 1 "a": has no desk', id="no desk"),
        pytest.param(
            GROUP + 'assign_lands_in = "closed"\n', "assign_lands_in must be one of 'inbox' or 'unassigned'", id="landing"
        ),
        pytest.param(GROUP + 'signature = "me"\n', "signature must be one of 'operator', 'group' or 'none'", id="signature"),
        pytest.param(GROUP + GROUP.replace("C1", "C2"), 'group "support": name support was given', id="group twice"),
        pytest.param(GROUP + GROUP.replace("support", "sales"), 'slack_room C1 was given to group "support"', id="room twice"),
        pytest.param(
            GROUP + '[[operator]]\nname = "Olga"\ntelegram = "@olga"\n',
            'operator 1 "Olga": telegram must be the',
            id="telegram name",
        ),
        pytest.param(GROUP + '[[operator]]\nname = "Olga"\n', 'operator 1 "Olga": could not act anywhere', id="no identity"),
        pytest.param(GROUP + OLGA + IVAN.replace("U2", "U1"), 'slack id U1 was given to operator "Olga"', id="identity twice"),
        pytest.param(
            GROUP + IVAN + OLGA + 'groups = ["suport"]\n',
            'operator 2 "Olga": there is no group "suport"; did you mean "support"?',
            id="unknown group",
        ),
        pytest.param(GROUP + OLGA + 'role = "boss"\n', 'there is no role "boss"; add a [[role]] of that name', id="unknown role"),
        pytest.param(
            GROUP + '[[role]]\nname = "lead"\npermissions = ["fly"]\n',
            'there is no permission "fly"; known: conv',
            id="permission",
        ),
        pytest.param(GROUP + '[[channel]]\nkind = "fax"\nname = "f"\ngroup = "support"\n', "kind must be one of", id="kind"),
        pytest.param(
            GROUP + '[[channel]]\nkind = "http"\nname = "A B"\ngroup = "support"\n', "name must be small", id="channel name"
        ),
        pytest.param(
            GROUP + "".join(f'[[channel]]\nkind = "telegram"\nname = "{name}"\ngroup = "support"\n' for name in "ab"),
            "keep one",
            id="two bots",
        ),
    ],
)
def test_trouble_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TeamFileError) as caught:
        team(tmp_path, text)
    line = str(caught.value)
    assert line.startswith(str(tmp_path / "team.toml"))
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize("make", ["nothing", "folder", "bytes"])
def test_an_unreadable_file_is_named(tmp_path: Path, make: str) -> None:
    path = tmp_path / "team.toml"
    if make == "folder":
        path.mkdir()
    elif make == "bytes":
        path.write_bytes(b"\xff\xfe")
    with pytest.raises(TeamFileError, match=r"team\.toml (does not exist|can't be read)"):
        load_team(path, permissions=PERMISSIONS)
