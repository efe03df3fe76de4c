"""A Telegram bot as a platform: what ``doctor`` finds, what settings switch on, what people see as commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_commands import Commands
from bot.handlers.telegram import build
from bot.store import secrets
from tests.telegram_house import House, opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, start=False) as house:
        yield house


class TestCheck:
    async def test_a_good_forum(self, house: House) -> None:
        platform = house.platform()
        findings = await platform.check([str(house.forum)])
        assert all(finding.ok for finding in findings)
        assert any("Helpdesk" in finding.what for finding in findings)
        await platform.stop()

    async def test_what_is_wrong_comes_with_a_remedy(self, house: House) -> None:
        platform = house.platform()
        house.telegram.promote(house.forum, house.bot_id, ["can_delete_messages"])
        lacks = [one for one in await platform.check([str(house.forum)]) if not one.ok]
        assert len(lacks) == 1
        assert "Manage Topics" in lacks[0].what
        house.telegram.set_forum(house.forum, False)
        house.telegram.promote(house.forum, house.bot_id, [])
        lacks = [one for one in await platform.check([str(house.forum), "-42"]) if not one.ok]
        assert len(lacks) == 3
        assert all(one.remedy for one in lacks)
        house.telegram.revoke(house.bot["token"])
        (only,) = await platform.check([str(house.forum)])
        assert "token" in only.what
        await platform.stop()

    async def test_inline_mode_that_is_off_is_told(self, house: House) -> None:
        platform = house.platform()
        house.telegram.bot(house.bot_id).inline = False
        (off,) = [one for one in await platform.check([str(house.forum)]) if not one.ok]
        assert "inline" in off.what
        assert "/setinline" in off.remedy
        await platform.stop()

    async def test_two_tokens_are_two_platforms(self, house: House) -> None:
        other = house.telegram.add_bot("Clients")["token"]
        two = build(
            house.intake,
            house.store,  # type: ignore[arg-type]
            desk_token=house.bot["token"],
            channel_token=other,
            api_url=house.telegram.base_url,
            public_url="https://example.com",
            webhook_secret="abc",
        )
        assert [set(one.ports) for one in two] == [{"telegram-desk"}, {"telegram-channel"}]
        assert [route.path for one in two for route in one.routes()] == ["/telegram/desk", "/telegram/channel"]
        await asyncio.gather(*[one.stop() for one in two])
        assert build(house.intake, house.store, desk_token=None, channel_token=None) == []  # type: ignore[arg-type]

    async def test_commands_are_shown_to_operators_and_start_to_clients(self, tmp_path: Path) -> None:
        async with opened(tmp_path) as house:
            bot = house.telegram.bot(house.bot_id)
            clients, forum = "all_private_chats", f"chat:{house.forum}"
            await house.sandbox.until(lambda: (forum, "ru") in bot.commands)
            assert set(bot.commands) == {(where, code) for where in (clients, forum) for code in ("", "ru")}
            assert [one["command"] for one in bot.commands[clients, ""]] == ["start"]
            assert [one["description"] for one in bot.commands[clients, "ru"]] == ["Написать нам"]
            names = {code: [one["command"] for one in bot.commands[forum, code]] for code in ("", "ru")}
            assert "close" in names[""]
            assert names["ru"] == names[""]

    async def test_commands_are_shown_anew_only_in_the_language_whose_words_have_changed(self, tmp_path: Path) -> None:
        async with opened(tmp_path) as house:
            bot, api = house.telegram.bot(house.bot_id), BotApi(house.bot["token"], house.telegram.base_url)
            await house.sandbox.until(lambda: (f"chat:{house.forum}", "ru") in bot.commands)

            def asked() -> list[str]:
                calls = [call for call in house.telegram.calls if call.method == "setMyCommands"]
                return [call.args.get("language_code", "") for call in calls]

            commands = Commands(api, house.store)  # type: ignore[arg-type]
            await commands.show_all([str(house.forum)])  # now they are surely noted
            before = asked()
            await commands.show_all([str(house.forum)])
            assert asked() == before
            name = f"commands:{house.bot_id}:chat:{house.forum}:ru"
            assert await house.store.write(lambda tx: secrets.renewed(tx, name, "other words"))  # type: ignore[union-attr]
            await commands.show_all([str(house.forum)])
            assert asked() == [*before, "ru"]
            await api.close()
