"""Running the team by words, lists and forms: operators, roles, groups, channels, limits, figures (R5, F66, F70, F73)."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import insert, text

from bot.commands import desk_words
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.press import Pressed, pressed
from bot.domain.actions import Button, Verb
from bot.domain.conversation import Status
from bot.domain.people import Actor
from bot.domain.permissions import Permission
from bot.domain.screen import ChoiceField, TextField
from bot.store import entries, tables
from bot.store.engine import Store
from bot.store.uow import Tx
from tests.commands.conftest import Shop
from tests.store.conftest import Opening


async def says(shop: Shop, words: str, who: str = "ada", platform: str = "slack") -> Answer:
    """Words to the bot itself."""
    actor = Actor(platform, f"U{who}" if platform == "slack" else who, "command")
    return await shop.does(lambda tx: desk_words.said(tx, actor, words))  # type: ignore[no-any-return]


async def told(shop: Shop, words: str, who: str = "ada", platform: str = "slack") -> str:
    return (await says(shop, words, who, platform)).text


async def press(shop: Shop, data: str | Button, who: str = "ada", **values: Any) -> Answer:
    """A button of a list, or a form that is sent."""
    filled = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in values.items()} if values else None
    return await send(shop, data if isinstance(data, str) else data.data, who, filled)


async def send(shop: Shop, data: str, who: str, filled: Any) -> Answer:
    done = Pressed(shop.actor(who), Place("slack", "", ""), "", data, filled)
    return await shop.does(lambda tx: pressed(tx, done))  # type: ignore[no-any-return]


def button(answer: Answer, label: str, row: str = "") -> Button:
    assert answer.screen is not None
    rows = [one for one in answer.screen.rows if row in one.title] if row else []
    below = answer.screen.buttons if not row else ()
    return next(one for one in (*below, *(each for one in rows for each in one.buttons)) if one.label == label)


async def facts(shop: Shop, kind: str, name: str) -> dict[str, Any]:
    def job(tx: Tx) -> dict[str, Any]:
        return next(one for one in entries.rows(tx, kind).values() if name in (one.get("name"), one.get("chat")))

    return await shop.does(job)  # type: ignore[no-any-return]


async def number(shop: Shop, kind: str, name: str) -> str:
    def job(tx: Tx) -> str:
        return str(next(row for row, one in entries.rows(tx, kind).items() if one["name"] == name))

    return await shop.does(job)  # type: ignore[no-any-return]


# Who may ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["slack", "telegram"])
async def test_R5_F66_only_a_super_admin_and_the_others_are_not_even_told_of_it(shop: Shop, platform: str) -> None:
    for words in (
        "operators",
        "operator add Eve slack=U0EVE role=admin",
        "role lead permissions=super_admin",
        "groups",
        "stats",
        "limits",
    ):
        assert "does not allow" in await told(shop, words, "lead", platform)
        assert "not a registered operator" in await told(shop, words, "eve", platform)
    assert "operators" in await told(shop, "", "ada", platform)
    assert "operators" not in await told(shop, "", "lead", platform)
    assert "in its thread" in await told(shop, "group Sales", "lead", platform)
    assert [one for one in await shop.journal() if "Lena Lead: refused" in one]


async def test_F68_buttons_and_forms_ask_again_who_may(shop: Shop) -> None:
    olga = await number(shop, "operator", "Olga Ivanova")
    for data in ("operator:new", f"operator:{olga}.off", f"operator:{olga}.edit", "role:new", "group_settings:new"):
        assert "does not allow" in (await send(shop, data, "lead", {})).text
    assert (await facts(shop, "operator", "Olga Ivanova"))["active"]
    for data in ("operator:999", f"operator:{olga}.fly", "role:x", "group_settings:1.name.x", "channel:77"):
        assert "older card" in (await press(shop, data)).text


# Operators ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["slack", "telegram"])
async def test_R5_an_operator_is_added_in_one_line_and_can_work_at_once(shop: Shop, platform: str) -> None:
    line = "operator add Gus Grant slack=U0GUS telegram=4711 email=gus@example.com groups=sales, Support role=lead"
    assert (await told(shop, line, "ada", platform)).startswith("Gus Grant is an operator now.")
    gus = await facts(shop, "operator", "Gus Grant")
    assert (gus["email"], gus["slack"], gus["telegram"], len(gus["groups"])) == ("gus@example.com", ["U0GUS"], ["4711"], 2)
    assert "registered" not in await told(shop, "help", "0GUS")
    assert "Ada Admin: operator added" in await shop.journal()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("operator add", "form"),
        ("operator add Gus", "Gus could not act anywhere: give a Slack account"),
        ("operator add email=g@x.org", "Write the name first. Example: /desk operator add Olga"),
        ("operator add Gus slack=gus", "“gus” is not a Slack member."),
        ("operator add Gus slack=Uben", "“Uben” is not a Slack member."),
        ("operator add Gus slack=U0GUS email=gus", "“gus” is not an e-mail address."),
        ("operator add Gus slack=U0GUS telegram=@gus", "“@gus” is not a Telegram number."),
        ("operator add Gus slack=U0GUS role=led", "There is no role “led”. There are: admin, lead."),
        (
            "operator add Gus slack=U0GUS groups=Sales,Slaes",
            "There is no group “Slaes”. There are: Night, Nowhere, Sales, Support.",
        ),
        ("operator add Gus slack=U0GUS rol=lead", "I don't know “rol=”. Did you mean “role=”? Example: /desk operator add"),
        (f"operator add {'x' * 300} slack=U0GUS", "A name is one line of 1 to 80 characters."),
        ("operator add ben carter slack=U0GUS", "There is already an operator named “ben carter”."),
        ("operator Olgo role=lead", "I know no operator “Olgo”."),
        ("operator O role=lead", "“O” could be Oleg Orlov or Olga Ivanova."),
        ("operators off Nobody", "I know no operator “Nobody”."),
        ("oprators", "Did you mean “/desk operators”?"),
    ],
)
async def test_wrong_words_are_answered_kindly_and_change_nothing(shop: Shop, words: str, said: str) -> None:
    before = await shop.does(lambda tx: entries.rows(tx, "operator"))
    answer = await says(shop, words)
    assert (answer.form is not None) if said == "form" else said in answer.text, answer.text
    assert await shop.does(lambda tx: entries.rows(tx, "operator")) == before


async def test_an_account_has_one_owner_who_must_give_it_up_first(shop: Shop) -> None:
    await told(shop, "operator add Gus slack=U0GUS")
    assert "This Slack account is Gus's already." in await told(shop, "operator add Hal slack=U0GUS")
    await told(shop, "operator off Gus")
    assert (await told(shop, "operator add Hal slack=<@U0GUS|gus>")).startswith("Hal is an operator now")
    assert (await facts(shop, "operator", "Gus"))["slack"] == []
    assert "Gus could not act anywhere" in await told(shop, "operator on Gus")
    assert "Hal could not act anywhere" in await told(shop, "operator Hal slack=none")


async def test_an_operator_is_changed_in_one_line(shop: Shop) -> None:
    said = await told(shop, "operator Olga name=Olga Orlova email=- groups=none role=admin")
    assert said == "Olga Orlova is changed: name Olga Orlova, email none, role admin, groups none, so every group is seen."
    olga = await facts(shop, "operator", "Olga Orlova")
    assert (olga["email"], olga["groups"]) == (None, [])
    assert await told(shop, "operator ben@example.com role=none groups=Sales") == "Ben Carter is so already, nothing was changed."


async def test_an_operator_is_added_and_changed_by_form(shop: Shop) -> None:
    added = button(await says(shop, "operators"), "Add operator…")
    form = (await press(shop, added)).form
    assert form is not None and form.title == "Add operator"
    names = [field.name for field in form.fields]
    assert names == ["name", "email", "role", "groups", "slack", "telegram"]
    role, groups = (field for field in form.fields if isinstance(field, ChoiceField))
    assert groups.many and [one.label for one in role.options] == ["no role", "lead", "admin"]
    lead = next(one.value for one in role.options if one.label == "lead")
    picked = [one.value for one in groups.options if one.label in ("Sales", "Night")]
    given = {"name": "Gus", "email": "", "role": lead, "groups": picked, "slack": "U0GUS", "telegram": ""}
    wrong = await press(shop, form.data, **{**given, "email": "gus"})
    assert wrong.errors == {"email": "“gus” is not an e-mail address. Write one like olga@example.com"}
    assert "Gus is an operator now" in (await press(shop, form.data, **given)).text

    opened = await press(shop, f"operator:{await number(shop, 'operator', 'Gus')}")
    assert opened.screen is not None and "lead · Night, Sales · Slack" in opened.screen.intro
    again = (await press(shop, button(opened, "Change…"))).form
    assert again is not None
    filled = [field.value if isinstance(field, TextField) else list(field.chosen) for field in again.fields]
    assert filled == ["Gus", "", [lead], sorted(picked), "U0GUS", ""]
    assert (await press(shop, again.data, **{**given, "role": "-", "groups": [], "telegram": "12"})).text.startswith(
        "Gus is changed: "
    )
    gus = await facts(shop, "operator", "Gus")
    assert (gus["role"], gus["groups"], gus["telegram"]) == (None, [], ["12"])


async def test_the_list_has_pages(shop: Shop) -> None:
    for one in range(8):
        await told(shop, f"operator add Person {one} slack=U0P{one}")
    first = await says(shop, "operators")
    assert first.screen is not None and len(first.screen.rows) == 10 and "Page 1 of 2." in first.screen.intro
    second = await press(shop, button(first, "Next"))
    assert second.screen is not None and len(second.screen.rows) == 5
    assert button(second, "Back").token == "0"


# Switching off ------------------------------------------------------------------------------------------------------------


async def test_F70_who_is_switched_off_is_refused_everywhere_and_the_inbox_goes_back(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    slack, _ = await shop.threads()
    await shop.writes("olga", "!pin", slack)
    await shop.client_says("hello", "bob")
    assert await told(shop, "operator off Olga") == "Olga Ivanova is switched off. 1 conversation went back to Unassigned."
    talk = await shop.talk()
    assert (talk.status, talk.operator_id) == (Status.UNASSIGNED, None)
    assert "not a registered operator" in await shop.writes("olga", "hi", slack)
    assert "not a registered operator" in await told(shop, "help", "olga", "telegram")
    assert "not a registered operator" in (await shop.press("olga", Verb.START)).text
    assert "Ada Admin: returned" in await shop.journal()
    await shop.press("ben", Verb.START)
    await shop.press("ben", Verb.CLOSE)
    await shop.client_says("again")
    assert (await shop.talk()).status is Status.UNASSIGNED, "the pin works no more"
    assert await told(shop, "operator on Olga") == "Olga Ivanova can work again."
    await shop.press("ben", Verb.START)
    await shop.press("ben", Verb.CLOSE)
    await shop.client_says("once more")
    assert (await shop.talk()).operator_id == await shop.id_of("olga")


async def test_F70_by_button_it_is_asked_first(shop: Shop) -> None:
    await shop.press("olga", Verb.START)
    opened = await says(shop, "operator Olga")
    asked = await press(shop, button(opened, "Switch off…"))
    assert asked.form is not None and "1 conversation of the inbox will go back to Unassigned" in asked.form.intro
    assert (await facts(shop, "operator", "Olga Ivanova"))["active"]
    assert "is switched off" in (await send(shop, asked.form.data, "ada", {})).text
    assert "is switched off already" in await told(shop, "operator off Olga")
    assert "can work again" in (await press(shop, button(await says(shop, "operator Olga"), "Switch on"))).text


@pytest.mark.parametrize(
    "words",
    [
        "operator off Ada",
        "operator Ada role=lead",
        "operator Ada role=none",
        "role admin permissions=tab_all",
        "role admin permissions=none",
    ],
)
async def test_R2_nobody_locks_the_team_out(shop: Shop, words: str) -> None:
    assert "nobody could change the team any more" in await told(shop, words)
    assert "operators" in await told(shop, "help")
    await told(shop, "operator Ben role=admin")
    await told(shop, "operator off Ben")
    assert "nobody could change the team any more" in await told(shop, words), "one who is switched off does not count"
    if "role admin" not in words:
        await told(shop, "operator on Ben")
        assert "nobody" not in await told(shop, words)


async def test_R2_two_admins_at_once_cannot_lock_the_team_out_together(shop: Shop, stores: Opening) -> None:
    """Each would leave the other as the last one: who comes second waits, and is refused."""
    await told(shop, "operator Ben role=admin")
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    ended: list[str] = []

    async def give_up(node: Store, who: str, name: str) -> None:
        def job(tx: Tx) -> str:
            answer = desk_words.said(tx, Actor("slack", f"U{who}", "command"), f"operator {name} role=lead").text
            for _ in range(500 if tx.postgres else 0):
                if ended or tx.execute(waiting).scalar():  # the other has come as far as it can; each look lets it go on
                    break
            return answer

        ended.append(await node.write(job))

    await asyncio.gather(give_up(shop.store, "ada", "Ada"), give_up(await stores(), "ben", "Ben"))
    assert sorted("nobody could change the team" in one for one in ended) == [False, True]


# Roles --------------------------------------------------------------------------------------------------------------------


async def test_R5_roles_by_words_and_by_form(shop: Shop) -> None:
    assert await told(shop, "role add viewer permissions=tab all") == "The role viewer is added: tab_all."
    assert "There is already a role named “lead”" in await told(shop, "role add lead permissions=tab_all")
    assert "There is no right “fly”. There are: super_admin, " in await told(shop, "role lead permissions=fly")
    assert "There is no role “chief”" in await told(shop, "role chief permissions=tab_all")
    assert "A role has a name and permissions." in await told(shop, "role add chief")
    opened = await says(shop, "roles")
    form = (await press(shop, button(opened, "Change…", "lead"))).form
    assert form is not None
    rights = form.fields[1]
    assert isinstance(rights, ChoiceField) and rights.many and len(rights.options) == len(Permission)
    assert set(rights.chosen) == {"conversations_management", "send_once"}
    assert (
        await press(shop, form.data, name="lead", permissions=["tab_all", "fly"])
    ).text == "The role lead is changed: tab_all."


# Groups -------------------------------------------------------------------------------------------------------------------


async def test_R4_a_group_by_words(shop: Shop) -> None:
    said = await told(shop, "group add Billing colour=🟨 slack=C0BILL telegram=-100777 -100778")
    assert said.startswith("The group Billing is added. Invite me to the Slack room")
    billing = await facts(shop, "group", "Billing")
    assert (billing["label"], billing["colour"], billing["signature"]) == ("Billing", "🟨", "operator")
    assert (await facts(shop, "desk", "-100778"))["active"]
    assert "belongs to the group Billing already" in await told(shop, "group add Other slack=C0BILL")
    assert "needs somewhere to answer from. Example: /desk group add Sales" in await told(shop, "group add Other")
    assert "needs somewhere to answer from" in await told(shop, "group Billing slack=none telegram=none")
    assert (await told(shop, "group Billing slack=none")) == "The group Billing is changed."
    assert not (await facts(shop, "desk", "C0BILL"))["active"]
    assert "is changed: name Bills, signature group" in await told(shop, "group Billing name=Bills signature=group")
    assert "“boss” can't be chosen. There are: operator, group, none." in await told(shop, "group Bills signature=boss")
    assert "“sales” is not a Slack room's id" in await told(shop, "group Bills slack=sales")
    assert "There is no group “Nope”" in await told(shop, "group Nope colour=🟨")


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("reminder=15m return=2h", "return_minutes", 120),
        ("reminder_minutes=90", "reminder_minutes", 90),
        ("close=1d 12h", "close_minutes", 2160),
        ("recall=10s", "recall_seconds", 10),
        ("retention=365d", "retention_days", 365),
        ("assign=unassigned", "assign_lands_in", "unassigned"),
        ("hours=Mon-Fri 09:00-18:00  Europe/Berlin", "hours", "Mon-Fri 09:00-18:00 Europe/Berlin"),
        ("away=We are back at nine.", "away_text", "We are back at nine."),
        ("digest=9:30", "digest_at", "09:30"),
    ],
)
async def test_a_group_s_settings_by_words(shop: Shop, words: str, field: str, value: object) -> None:
    assert (await told(shop, f"group sales {words}")).startswith("The group Sales is changed: ")
    assert (await facts(shop, "group", "Sales"))[field] == value


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("reminder=soon", "“soon” is not a time I can use. Write one like 15m, 2h or 1d, at most 365d, or off."),
        ("reminder=10s", "is not a time I can use"),
        ("recall=10m", "at most 1m"),
        ("hours=nine to five", "I can't read these hours. Write them as “Mon-Fri"),
        ("hours=Mon-Fri 09:00-18:00 Moon/Crater", "I can't read these hours."),
        ("digest=25:00", "I can't read this time."),
        ("assign=me", "“me” can't be chosen. There are: inbox, unassigned."),
        (f"away={'x' * 1001}", "1000 characters are the most"),
    ],
)
async def test_a_group_s_setting_that_can_t_be_is_refused_with_an_example(shop: Shop, words: str, said: str) -> None:
    before = await facts(shop, "group", "Sales")
    assert said in await told(shop, f"group Sales {words}")
    assert await facts(shop, "group", "Sales") == before


async def test_a_group_by_form(shop: Shop) -> None:
    opened = await press(shop, button(await says(shop, "groups"), "Open", "Sales"))
    assert opened.screen is not None and len(opened.screen.rows) == 12
    form = (await press(shop, button(opened, "Change…", "Reminder"))).form
    assert form is not None and [field.name for field in form.fields] == ["reminder_minutes"]
    assert "is not a time" in (await press(shop, form.data, reminder_minutes="soon")).errors["reminder_minutes"]
    assert (await press(shop, form.data, reminder_minutes="15m")).text == "The group Sales is changed: reminder 15m."
    again = await press(
        shop, button(await press(shop, button(await says(shop, "groups"), "Open", "Sales")), "Change…", "Reminder: 15m")
    )
    assert again.form is not None and isinstance(again.form.fields[0], TextField) and again.form.fields[0].value == "15m"
    edit = (await press(shop, button(opened, "Change…"))).form
    assert edit is not None
    assert [one.value for one in edit.fields if isinstance(one, TextField)] == ["Sales", "Sales", "🟢", "C1", "-1001"]
    sent = {"name": "Sales", "label": "", "colour": "🔴", "signature": "none", "slack": "C1, C2", "telegram": "-1001"}
    assert (await press(shop, edit.data, **sent)).errors.keys() == {"slack"}
    assert "is changed: colour 🔴, signature none" in (await press(shop, edit.data, **{**sent, "slack": "C1"})).text


async def test_a_group_in_use_is_not_switched_off(shop: Shop) -> None:
    assert "the channel widget site still leads to it" in await told(shop, "group off Sales")
    await told(shop, "channel site group=Night")
    assert "1 conversation in it not closed yet" in await told(shop, "group off Sales")
    await shop.press("olga", Verb.START)
    await shop.press("olga", Verb.CLOSE)
    assert "Ben Carter, Lena Lead, Oleg Orlov would be in no group" in await told(shop, "group off Sales")
    assert await told(shop, "group off Nowhere") == "Nowhere is switched off."
    assert await told(shop, "group on Nowhere") == "Nowhere is on again."


# Channels, limits, figures ------------------------------------------------------------------------------------------------


async def test_R4_a_channel_s_group(shop: Shop) -> None:
    assert "There is no channel “nope”. There are: widget site." in await told(shop, "channel nope group=Night")
    assert "There is no group “Nope”" in await told(shop, "channel site group=Nope")
    form = (await press(shop, button(await says(shop, "channels"), "Change…", "widget site"))).form
    assert form is not None
    said = (await press(shop, form.data, group=await number(shop, "group", "Support"))).text
    assert said.startswith("New conversations of widget site go to Support from now on.")
    await shop.client_says("hi", "bob")
    assert str((await shop.talk("bob")).group_id) == await number(shop, "group", "Support")


async def test_F73_limits_and_figures_name_no_client(shop: Shop) -> None:
    def block(tx: Tx) -> None:
        waits = {"blocked_until": tx.now + 90_000, "reason": "ratelimited"}
        keys = ("slack:C1:post", "slack:account:update", "telegram-channel:4915112345678:post", "whatsapp:4915112345678:post")
        tx.execute(insert(tables.bucket), [{"key": key, **waits} for key in keys])

    await shop.does(block)
    screen = (await says(shop, "limits")).screen
    assert screen is not None
    told_all = "\n".join([screen.intro, *(f"{row.title} {row.detail}" for row in screen.rows)])
    assert re.search(r"Slack, Sales \(C1\): posts waits 1m (30|2\d)s more: ratelimited", told_all)
    assert "Slack: edits" in told_all and "Telegram clients, one chat: posts" in told_all
    assert re.search(r"threads? or chats wait", told_all) and "To read: 0 updates" in told_all
    assert "4915112345678" not in told_all

    await shop.press("olga", Verb.START)
    await shop.client_says("hi", "bob")
    screen = (await says(shop, "stats")).screen
    assert screen is not None
    assert "2 conversations: 1 Unassigned, 1 in an inbox, 0 Closed, 0 of them on the black list" in screen.intro
    assert "2 from clients" in screen.intro
    rows = {row.title: row.detail for row in screen.rows}
    assert rows["Sales"] == "1 Unassigned, 1 in an inbox, 0 Closed"
    assert (rows["Olga Ivanova"], rows["Ben Carter"]) == ("1 in My inbox", "0 in My inbox")
    assert not [title for title in rows if "Ann" in title or "Bob" in title]
