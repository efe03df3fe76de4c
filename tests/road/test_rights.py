"""Who may do what, through every door of either desk (R1-R6, F66-F70)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.road.house import House
from tests.road.talk import (
    COLLEAGUE,
    NAMES,
    Json,
    Talk,
    add_guest,
    begin,
    begin_taken,
    button_data,
    change_team,
    choices,
    facts_of,
    forge,
    join_telegram,
    journal_of,
    member,
    restart,
    serve_from,
)

STRANGER = "You are not a registered operator here, so nothing was done. Ask an admin to add you."
NOT_YOUR_GROUP = "This conversation belongs to 🔵 Support, and you don't work in that group."
STALE = "This button belongs to another conversation or to an older card. Please use the newest card."


async def try_every_door(talk: Talk, who: str, refusal: str, *, post: str = "") -> None:
    """Press, type, write, react (to the card or to ``post``): each is refused to that person alone, and nothing else happens."""
    house, platform = talk.house, talk.mine.platform
    cards, copies, facts = talk.mine.card(talk.thread), talk.copies(), facts_of(talk.other, talk.there)
    before, client, lines = len(await journal_of(house, "refused")), house.client_sees(), len(talk.lines())
    told = [
        await talk.writes(who, "Hello, this is the shop"),
        await talk.presses(who, talk.mine.buttons(talk.thread)[0]),
        await talk.types(who, "close"),
        await talk.types(who, "note between us"),
    ]
    assert told == [refusal] * 4
    talk.mine.reacts(who, talk.thread, post or card_post(talk))
    await refused(house, before + 5)
    entries = (await journal_of(house, "refused"))[: -before or None]
    assert [entry.way for entry in entries] == [f"{platform}:{door}" for door in ("reaction", "text", "text", "button", "text")]
    assert talk.mine.card(talk.thread) == cards and facts_of(talk.other, talk.there) == facts
    assert talk.copies() == copies and house.client_sees() == client
    assert len(talk.lines()) == lines + 3, "his own three, and no word of the bot"
    assert choices(talk.mine, who) == []


def card_post(talk: Talk) -> str:
    """The card's own message."""
    if talk.mine.platform == "slack":
        return talk.thread
    return str(next(one["message_id"] for one in talk.mine.posts(talk.thread) if one["from"]["is_bot"]))


async def refused(house: House, count: int) -> None:
    """The journal comes to hold so many refusals."""
    async with asyncio.timeout(40):
        while len(await journal_of(house, "refused")) < count:
            await asyncio.sleep(0.02)
    await house.settled()


def told_to_operators(house: House) -> list[str]:
    """What the bot told any operator alone."""
    on_slack = [words for who in ("olga", "ben", "ada") for words in house.slack.told(who)]
    return on_slack + [words for who in ("olga", "boris") for words in house.telegram.told(who)]


# Who is who ------------------------------------------------------------------------------------------------------------


async def test_R1_one_operator_is_the_same_person_on_both_desks(house: House, platform: str) -> None:
    """Olga starts on one desk, answers and closes on the other."""
    talk = await begin_taken(house, platform)
    post = talk.other.says("olga", talk.there, "It is me")
    await house.until(lambda: talk.other.mark(talk.there, post) == "accepted")
    await house.until(lambda: [line for line in talk.lines() if "Olga Ivanova" in line and "It is me" in line])
    assert house.client_sees() == ["Olga Ivanova\nIt is me"]
    assert choices(talk.other, "olga") == []
    await talk.other.presses("olga", talk.there, "Close")
    await talk.shows("↩️ ⚫ Closed 👤 Olga Ivanova")
    entries = {entry.what: (entry.who, entry.way) for what in ("started", "closed") for entry in await journal_of(house, what)}
    assert entries == {
        "started": ("Olga Ivanova", f"{talk.mine.platform}:button"),
        "closed": ("Olga Ivanova", f"{talk.other.platform}:button"),
    }


async def test_R2_R3_F67_groups_limit_sight_at_every_door_and_a_super_admin_has_no_limit(
    cold_house: House, platform: str
) -> None:
    """The conversation is Support's. Sales may not, a super-admin of Sales may, an operator without a group may."""
    house, colleague = cold_house, COLLEAGUE[platform]
    join_telegram(house, "ada")
    serve_from(house, "Support")

    def change(tables: Json) -> None:
        for who in ("ben", "boris", "ada"):
            member(tables, who)["groups"] = ["Sales"]
        member(tables, "olga")["groups"] = []
        member(tables, "olga").pop("role")

    change_team(house, change)
    house.env.pop("RELAYDESK_ADMINS")
    await house.start()
    talk = await begin(house, platform)
    await try_every_door(talk, colleague, NOT_YOUR_GROUP)
    assert facts_of(talk.mine, talk.thread) == "🆕 ⚪ Unassigned"
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    await talk.presses("ada", "To Unassigned")
    await talk.shows("⚪ Unassigned", "Start conversation", "Close")
    await talk.presses("ada", "Start conversation")
    await talk.marked(talk.says("ada", "Ada here"), "accepted")
    assert house.client_sees() == ["Ada Admin\nAda here"]


async def test_R4_a_channel_s_conversations_go_to_its_group_s_desks_alone(cold_house: House) -> None:
    house = cold_house
    serve_from(house, "Support")
    change_team(house, lambda tables: tables["group"][1].update(label="Second line", colour="🟣"))
    await house.start()
    talk = await begin(house, "slack")
    for view, thread in ((talk.mine, talk.thread), (talk.other, talk.there)):
        assert "🟣 Second line" in view.card(thread)
    sales = House(house.box, house.scene, house.folder, "")
    assert sales.slack.threads() == [] == sales.telegram.threads()
    await talk.presses("olga", "Start conversation")
    talk.says("olga", "Support here")
    house.client_says("and me")
    await house.until(lambda: "and me" in " ".join(talk.copies()) and house.client_sees())
    await house.settled()
    assert sales.slack.threads() == [] == sales.telegram.threads()
    await restart(house, lambda tables: tables["channel"][0].update(group="Sales"))
    house.client_says("am I moved?")  # a conversation stays where it is; only new ones go the new way
    await house.until(lambda: "am I moved?" in " ".join(talk.lines()))
    house.client_says("Добрый день", "karim")
    await house.until(lambda: sales.slack.threads() and sales.telegram.threads())
    assert "🟢 Sales" in sales.slack.card(sales.slack.threads()[0])
    assert len(house.slack.threads()) == len(house.telegram.threads()) == 1


async def test_R5_only_a_manager_of_conversations_closes_or_returns_what_others_have(cold_house: House, platform: str) -> None:
    house, colleague = cold_house, COLLEAGUE[platform]
    await house.start()
    talk = await begin_taken(house, platform)
    only = "Only Olga Ivanova, who has this conversation, can do that."
    assert await talk.presses(colleague, "Close") == only
    assert await talk.types(colleague, "unassign") == only
    assert await talk.types(colleague, "close") == only
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    assert await talk.types(colleague, "takeover") == "You have taken the conversation over from Olga Ivanova."
    await talk.shows(f"🟢 In progress 👤 {NAMES[colleague]}")
    await talk.presses("olga", "To Unassigned")
    await talk.shows("⚪ Unassigned")
    await talk.presses(colleague, "Start conversation")
    await talk.shows(f"🟢 In progress 👤 {NAMES[colleague]}")
    await talk.presses("olga", "Close")
    await talk.shows(f"⚫ Closed 👤 {NAMES[colleague]}")
    assert [entry.who for entry in await journal_of(house, "closed")] == ["Olga Ivanova"]


# Nobody ----------------------------------------------------------------------------------------------------------------


async def test_R6_R37_F66_F70_a_stranger_can_do_nothing_by_any_door(house: House, platform: str) -> None:
    add_guest(house)
    talk = await begin(house, platform)
    await try_every_door(talk, "guest", STRANGER)
    assert told_to_operators(house) == []
    await talk.shows("🆕 ⚪ Unassigned", "Start conversation", "Close")
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    house.client_says("anybody here?")
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")
    await house.settled()
    await try_every_door(talk, "guest", STRANGER, post=words_post(talk, "anybody here?"))
    await talk.shows("🆕 🟢 In progress 👤 Olga Ivanova")
    assert house.client_sees() == []


async def test_R6_F66_an_empty_team_lets_nobody_in(cold_house: House, platform: str) -> None:
    house = cold_house
    house.env.pop("RELAYDESK_ADMINS")
    change_team(house, lambda tables: tables.update(operator=[]))
    await house.start()
    talk = await begin(house, platform)
    for who in ("olga", COLLEAGUE[platform]):
        await try_every_door(talk, who, STRANGER)
    await talk.shows("🆕 ⚪ Unassigned")
    assert house.client_sees() == []


async def test_F70_who_left_the_team_cannot_use_old_cards_or_old_questions(house: House, platform: str) -> None:
    colleague = COLLEAGUE[platform]
    talk = await begin(house, platform)
    talk.says(colleague, "may this go out?")
    await talk.asked(colleague)
    await talk.presses(colleague, "Start conversation")
    await talk.shows(f"🟢 In progress 👤 {NAMES[colleague]}")
    gone: Callable[[Json], None] = lambda tables: tables["operator"].remove(member(tables, colleague))  # noqa: E731  # a line
    await restart(house, gone)
    assert await talk.presses(colleague, "Keep as note") == STRANGER
    assert await talk.presses(colleague, "Close") == STRANGER
    assert await forge(talk, colleague, f"send_once:{2}") == STRANGER
    talk.says(colleague, "I am still here")
    await house.until(lambda: STRANGER in talk.mine.told(colleague))
    await house.settled()
    await talk.shows(f"🟢 In progress 👤 {NAMES[colleague]}")
    assert house.client_sees() == [] == talk.copies()


# Forged and stale buttons ----------------------------------------------------------------------------------------------


async def test_F68_a_forged_button_is_only_a_name_to_look_up(house: House, platform: str) -> None:
    other = await begin(house, platform, "the other client", "karim")
    talk = await begin(house, platform)
    start = button_data(talk, "Start conversation")
    elsewhere = button_data(other, "Start conversation")
    assert start != elsewhere
    number = start.partition(":")[2].partition(".")[0]
    junk = ["x" * 64, "start:" + "9" * 58, "start:", ":", f"take{start}", f"start:{number}.١", f"START:{number}.1", "retry:x"]
    unoffered = [f"{verb}:{number}.1" for verb in ("takeover", "unassign", "history", "note")]
    about_texts = [f"{verb}:{token}" for verb in ("send_taking", "send_once", "keep_note") for token in ("1", "99.0")]
    for data in (elsewhere, *junk, *unoffered, *about_texts):
        told = await forge(talk, "olga", data)
        assert told == STALE or told.endswith("already in Unassigned."), f"{data}: {told}"
    house.client_says("a second word")
    await house.until(lambda: [line for line in talk.lines() if "a second word" in line])
    await house.settled()
    assert await forge(talk, "olga", start, post=words_post(talk, "a second word")) == STALE, "it is on no card"
    await talk.shows("🆕 ⚪ Unassigned", "Start conversation", "Close")
    assert facts_of(other.mine, other.thread) == "🆕 ⚪ Unassigned"
    assert house.client_sees() == [] == house.client_sees("karim")
    old_close = button_data(talk, "Close")
    await talk.presses("olga", "Start conversation")
    await talk.shows("🟢 In progress 👤 Olga Ivanova")
    assert await forge(talk, "olga", old_close) == STALE
    assert await forge(talk, COLLEAGUE[platform], start) == "Olga Ivanova already has this conversation."
    await talk.presses("olga", "Close")
    await talk.shows("⚫ Closed 👤 Olga Ivanova")
    assert await forge(talk, COLLEAGUE[platform], start) == STALE
    await talk.shows("⚫ Closed 👤 Olga Ivanova")


def words_post(talk: Talk, words: str) -> str:
    """The bot's post that bears a client's words."""
    key = "ts" if talk.mine.platform == "slack" else "message_id"
    return str(next(one[key] for one in talk.mine.posts(talk.thread) if words in str(one)))


async def test_R24_F69_of_two_who_press_at_once_on_two_desks_one_wins(house: House, platform: str) -> None:
    """Ben on Slack and Boris on Telegram; who is first is left to chance, what follows is not."""
    talk = await begin(house, platform)
    mine, theirs = COLLEAGUE[platform], COLLEAGUE[talk.other.platform]
    told = await asyncio.gather(
        talk.presses(mine, "Start conversation"), talk.other.presses(theirs, talk.there, "Start conversation")
    )
    (started,) = await journal_of(house, "started")
    winner, loser = (mine, theirs) if started.who == NAMES[mine] else (theirs, mine)
    by_person = dict(zip((mine, theirs), told, strict=True))
    assert by_person[loser] == f"{NAMES[winner]} already has this conversation."
    assert by_person[winner] == "The conversation is yours. What you write in it now goes to the client."
    await house.until(lambda: facts_of(talk.mine, talk.thread) == facts_of(talk.other, talk.there))
    await talk.shows(f"🟢 In progress 👤 {NAMES[winner]}", "Close", "To Unassigned")
    (refusal,) = await journal_of(house, "refused")
    assert (refusal.who, refusal.details["reason"]) == (NAMES[loser], "AlreadyStarted")
