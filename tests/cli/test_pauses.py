"""Trouble that a person must mend while relaydesk runs: one line names it with its remedy, and the message comes after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.program import Program
from tests.road.house import House
from tests.road.process import execute

Start = Callable[..., Program]
RIGHTS = ["can_manage_topics", "can_delete_messages", "can_pin_messages"]


def told(house: House, platform: str, *texts: str) -> bool:
    """The desk shows each of these words once, in this order."""
    view = house.desk(platform)
    lines = [line for thread in view.threads() for line in view.lines(thread)]
    seen = "\n".join(lines)
    places = [seen.find(text) for text in texts]
    return -1 not in places and places == sorted(places) and all(seen.count(text) == 1 for text in texts)


def copies(house: House, platform: str) -> str:
    view = house.desk(platform)
    return "\n".join(line for thread in view.threads() for line in view.lines(thread))


async def a_minute_passes(house: House) -> None:
    """What waits for its next look is due; nobody tells us that topics were switched on."""
    url = house.env["RELAYDESK_DATABASE_URL"]
    await execute(url, "UPDATE bucket SET blocked_until = 0", "UPDATE lane SET due = 0 WHERE owner IS NULL")


async def test_a_slack_room_the_bot_is_not_in(cold_house: House, run: Start) -> None:
    house, slack = cold_house, cold_house.box.slack
    bot = slack.app().bot_user_id
    slack.kick(room=house.slack.room, user=bot)
    program = run()
    said = await program.says("#sales", "the bot is not in it")
    assert "invite the bot: /invite @" in said and "[warning" in said
    house.client_says("one")
    house.client_says("two")
    await house.until(lambda: told(house, "telegram", "one", "two"))
    await house.until(lambda: "The bot is not in the room: /invite it there" in copies(house, "telegram"))
    assert house.slack.threads() == []
    slack.join(room=house.slack.room, user=bot)
    await house.until(lambda: told(house, "slack", "one", "two"))
    await program.stop()


async def test_a_forum_without_topics(cold_house: House, run: Start) -> None:
    house, telegram = cold_house, cold_house.box.telegram
    telegram.set_forum(chat=house.telegram.chat, on=False)
    program = run()
    said = await program.says("Telegram group “Sales desk” has no topics")
    assert "switch on “Topics”" in said and "[warning" in said
    house.client_says("one")
    house.client_says("two")
    await house.until(lambda: told(house, "slack", "one", "two"))
    await house.until(lambda: "Telegram does not take this conversation's posts now, they wait." in copies(house, "slack"))
    telegram.set_forum(chat=house.telegram.chat, on=True)
    await a_minute_passes(house)
    await house.until(lambda: told(house, "telegram", "one", "two"))
    await program.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_forum_where_the_bot_may_not_manage_topics(cold_house: House, run: Start) -> None:
    house, telegram = cold_house, cold_house.box.telegram
    telegram.promote(chat=house.telegram.chat, who=house.scene.desk_bot.id, rights=["can_delete_messages"])
    program = run()
    said = await program.says("Telegram group “Sales desk”: the bot lacks “Manage Topics”")
    assert "Give the bot “Manage Topics” in its administrator's rights" in said
    house.client_says("one")
    await house.until(lambda: told(house, "slack", "one") and told(house, "slack", "Telegram does not take"))
    telegram.promote(chat=house.telegram.chat, who=house.scene.desk_bot.id, rights=RIGHTS)
    await house.until(lambda: told(house, "telegram", "one"))
    await program.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_clients_bot_token_that_is_wrong_at_the_start(cold_house: House, run: Start) -> None:
    """The rest goes on; Telegram keeps what clients write meanwhile."""
    house, telegram = cold_house, cold_house.box.telegram
    telegram.revoke(bot_token=house.scene.channel_bot.token)
    program = run()
    said = await program.says("Telegram refuses the token of the clients' bot")
    assert "copy it from @BotFather anew, set RELAYDESK_TELEGRAM__CHANNEL_TOKEN and restart" in said
    house.client_says("hello?")
    await program.stop()
    house.env["RELAYDESK_TELEGRAM__CHANNEL_TOKEN"] = telegram.new_token(bot=house.scene.channel_bot.id)["token"]
    await run().ready()
    await house.until(lambda: told(house, "slack", "hello?") and told(house, "telegram", "hello?"))


async def test_a_clients_bot_token_that_is_revoked_while_it_runs(cold_house: House, run: Start) -> None:
    """The operator's answer waits for the new token; it is sent once."""
    house, telegram, platform = cold_house, cold_house.box.telegram, "slack"
    program = run()
    await program.ready()
    house.client_says("hello")
    await house.until(lambda: told(house, "slack", "hello") and told(house, "telegram", "hello"))
    desk = house.desk(platform)
    (thread,) = desk.threads()
    desk.says("olga", thread, "!start")
    await house.until(lambda: "In progress" in desk.card(thread))
    telegram.revoke(bot_token=house.scene.channel_bot.token)
    answer = desk.says("olga", thread, "good day")
    said = await program.says("Telegram refuses the bot's token", "telegram-channel")
    assert "set RELAYDESK_TELEGRAM__CHANNEL_TOKEN anew" in said
    assert house.client_sees() == [] and desk.mark(thread, answer) == ""
    house.client_says("are you there?")
    await program.stop()
    house.env["RELAYDESK_TELEGRAM__CHANNEL_TOKEN"] = telegram.new_token(bot=house.scene.channel_bot.id)["token"]
    await run().ready()
    await house.until(lambda: desk.mark(thread, answer) == "accepted")
    await house.until(lambda: told(house, platform, "good day", "are you there?"))
    assert [text.splitlines()[-1] for text in house.client_sees()] == ["good day"]


async def test_a_slack_token_that_is_revoked_while_it_runs(cold_house: House, run: Start) -> None:
    house, slack = cold_house, cold_house.box.slack
    program = run()
    await program.ready()
    house.client_says("one")
    await house.until(lambda: told(house, "slack", "one") and told(house, "telegram", "one"))
    slack.revoke_token(token=house.scene.app.bot_token)
    house.client_says("two")
    said = await program.says("the bot token was revoked")
    assert "reinstall the app and set RELAYDESK_SLACK__BOT_TOKEN anew" in said
    await house.until(lambda: told(house, "telegram", "one", "two"))
    await program.stop()
    house.env["RELAYDESK_SLACK__BOT_TOKEN"] = slack.renew_token(app_id=slack.app().id)
    await run().ready()
    await house.until(lambda: told(house, "slack", "one", "two"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_slack_app_token_that_is_wrong(cold_house: House, run: Start) -> None:
    house = cold_house
    program = run(SLACK__APP_TOKEN="xapp-1-A0-0-0badbadbad")
    said = await program.says("Socket Mode is not open, so nothing is heard from Slack")
    assert "make an app-level token with connections:write" in said and "set RELAYDESK_SLACK__APP_TOKEN" in said
    house.client_says("hello")
    await house.until(lambda: told(house, "slack", "hello"))
    await program.stop()
