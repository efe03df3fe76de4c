"""Running the team from either desk: words, lists, forms; who leaves is out at once; what was changed outlives a start."""

from __future__ import annotations

import pytest

from bot.store import entries
from tests.road.house import House
from tests.road.talk import COLLEAGUE, NAMES, View, add_guest, begin_taken, join_telegram, views

PREFIX = {"slack": "/desk ", "telegram": "/"}


@pytest.fixture
async def office(cold_house: House) -> House:
    """A house where Ada, who runs it, and somebody who is no operator yet are on both desks."""
    join_telegram(cold_house, "ada")
    add_guest(cold_house)
    await cold_house.start()
    return cold_house


def account(house: House, platform: str, who: str) -> str:
    """How the person's account is written in a command."""
    return f"slack=<@{house.slack.user(who)}>" if platform == "slack" else f"telegram={house.telegram.user(who)}"


async def everything_told(house: House, view: View, *words: str) -> str:
    return "\n".join([await view.desk_says("ada", one) for one in words])


async def test_R2_R5_F66_an_admin_adds_somebody_who_can_work_at_once(office: House, platform: str) -> None:
    house = office
    mine, _ = views(house, platform)
    talk = await begin_taken(house, platform)
    assert "not a registered operator" in await talk.types("guest", "help")
    assert "does not allow this" in await mine.desk_says("olga", "operator add Gus Guest " + account(house, platform, "guest"))
    assert "operators" not in await mine.desk_says("olga", "help") and "operators" in await mine.desk_says("ada", "help")

    told = await mine.desk_says("ada", f"operator add Gus Guest {account(house, platform, 'guest')} groups=sale role=lead")
    assert "Gus Guest is an operator now." in told
    await talk.types("guest", "takeover")
    await house.until(lambda: "👤 Gus Guest" in talk.mine.card(talk.thread) and "👤 Gus Guest" in talk.other.card(talk.there))


async def test_F70_who_is_switched_off_is_out_at_every_door_and_the_inbox_goes_back(office: House, platform: str) -> None:
    house = office
    mine, _ = views(house, platform)
    talk = await begin_taken(house, platform)
    told = await mine.desk_says("ada", "operator off Olga")
    assert "Olga Ivanova is switched off. 1 conversation went back to Unassigned." in told
    await talk.shows("⚪ Unassigned", "Start conversation", "Close")
    assert "not a registered operator" in await talk.presses("olga", "Start conversation")
    assert "not a registered operator" in await talk.writes("olga", "hello?")
    for view in (house.slack, house.telegram):
        assert "not a registered operator" in await view.desk_says("olga", "tab inbox")
    assert house.client_sees() == []
    assert "nobody could change the team any more" in await mine.desk_says("ada", "operator off Ada")
    assert "can work again" in await mine.desk_says("ada", "operator on Olga")
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")


async def test_R5_forms_for_an_operator_and_a_role(office: House, platform: str) -> None:
    house = office
    mine, _ = views(house, platform)
    await mine.desk_says("ada", "roles")
    await mine.desk_presses("ada", "Add role…")
    rights = ["send_once: send one text in a conversation somebody else has", "tab_all: see the tabs All and Blacklist"]
    assert "The role helper is added: send_once, tab_all." in await mine.fills("ada", "", name="helper", permissions=rights)

    await mine.desk_says("ada", "operator add")
    own = {"slack": house.slack.user("guest")} if platform == "slack" else {"telegram": str(house.telegram.user("guest"))}
    given = {"name": "Gus Guest", "role": "helper", "groups": ["Sales"], "email": "gus at home", **own}
    assert "“gus at home” is not an e-mail address." in await mine.fills("ada", "", **given)
    again = given | {"email": "gus@northwind.example"} if platform == "slack" else {"email": "gus@northwind.example"}
    assert "Gus Guest is an operator now." in await mine.fills("ada", "", **again)
    assert "helper · Sales" in await mine.desk_says("ada", "operator Gus")
    assert "Search" in " ".join((await mine.desk_says("guest", "help")).split()) or "search" in await mine.desk_says(
        "guest", "help"
    )


async def test_R4_F73_groups_figures_and_nothing_secret(office: House, platform: str) -> None:
    house = office
    mine, _ = views(house, platform)
    await begin_taken(house, platform)
    assert "The group Sales is changed: reminder 15m." in await mine.desk_says("ada", "group Sales reminder=15m")
    shown = await mine.desk_says("ada", "group Sales")
    assert "Reminder: 15m" in shown and "Recall: off" in shown
    assert f"I don't know “remainder=”. Did you mean “reminder=”? Example: {PREFIX[platform]}group Sales" in (
        await mine.desk_says("ada", "group Sales remainder=15m")
    )
    assert f"Did you mean “{PREFIX[platform]}operators”?" in await mine.desk_says("ada", "oparators")
    words = (
        "operators",
        "operator Ada",
        "roles",
        "groups",
        "channels",
        "limits",
        "stats",
        "operator add X slack=hm",
        "group add Y slack=hm",
    )
    told = await everything_told(house, mine, *words, f"operator {'x' * 300}", "link")
    assert str(house.scene.clients["ann"]) not in told and "Ann Lee" not in told
    told += await mine.desk_says("ada", "help")
    assert "1 conversation: 0 Unassigned, 1 in an inbox, 0 Closed" in told and "Nothing waits." in told
    secrets = [value for name, value in house.env.items() if name.endswith(("_TOKEN", "_SECRET", "DATABASE_URL"))]
    assert len(secrets) == 5 and not [one for one in secrets if one in told]


async def test_what_an_admin_changed_outlives_the_next_start_with_the_same_team_file(office: House, platform: str) -> None:
    house = office
    mine, _ = views(house, platform)
    who = COLLEAGUE[platform]
    await everything_told(house, mine, f"operator off {NAMES[who]}", "group Sales colour=🟠", "channel shop-bot group=Support")
    await house.stop()
    app = await house.start()
    people, groups, channels = await app.store.read(
        lambda tx: [entries.rows(tx, kind) for kind in ("operator", "group", "channel")]
    )
    assert [one["active"] for one in people.values() if one["name"] == NAMES[who]] == [False]
    assert [one["colour"] for one in groups.values() if one["name"] == "Sales"] == ["🟠"]
    support = next(number for number, one in groups.items() if one["name"] == "Support")
    assert [one["group"] for one in channels.values() if one["name"] == "shop-bot"] == [support]
    assert "not a registered operator" in await mine.desk_says(who, "help")


async def test_R4_R126_a_new_room_is_looked_at_at_once(office: House, platform: str) -> None:
    """Who adds a room or forum is told in private what is amiss there, and when all is well."""
    house = office
    mine, _ = views(house, platform)
    ada, bot = house.telegram.user("ada"), house.scene.desk_bot.id
    room = house.box.slack.add_room("night", members=[house.slack.user("ada")])["id"]
    plain = house.box.telegram.add_forum(title="Plain", admins=[ada], bots={bot: ["can_delete_messages"]}, is_forum=False)["id"]
    good = house.box.telegram.add_forum(title="Good", admins=[ada], bots={bot: ["can_manage_topics", "can_delete_messages"]})[
        "id"
    ]

    async def hears(*words: str) -> None:
        await house.until(lambda: all(one in "\n".join(mine.private("ada")) for one in words))

    told = await mine.desk_says("ada", f"group add Night slack={room} telegram={plain} {good}")
    assert "The group Night is added." in told and "tell you in private" in told
    await hears("⚠️ Slack room #night: the bot is not in it. Invite the bot: /invite @")
    await hears("⚠️ Telegram group “Plain” has no topics.", "switch on “Topics”", "the bot lacks “Manage Topics”")
    await hears(f"✅ Telegram group {good}: all is well")
    assert await mine.desk_says("ada", "group add Moon slack=C0NOSUCH")
    await hears("⚠️ Slack room C0NOSUCH: Slack shows no such room to the bot.")
