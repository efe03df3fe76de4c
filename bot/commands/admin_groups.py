"""Groups: name, label, colour, signature, room and forums (R4), and each group's own settings."""

from __future__ import annotations

from collections.abc import Mapping

from bot.commands import admin_rules
from bot.commands.admin_book import (
    ADD,
    FIELDS,
    NEW,
    OFF,
    ON,
    example,
    first_word,
    free_name,
    known,
    one_named,
    paged,
    put,
    row_in,
)
from bot.commands.admin_rules import BY_FIELD, RULES
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.notice import port_of
from bot.commands.perform import Desk
from bot.domain import team_words
from bot.domain.actions import Button, Verb
from bot.domain.errors import DeskTaken, GroupInUse, Incomplete, NotAName, NotOneOf, Refusal, StaleCard, UnknownGroup
from bot.domain.ids import GroupId
from bot.domain.people import Signature
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import ChoiceField, Field, Form, Option, Row, Screen, TextField
from bot.languages import in_language
from bot.store import entries, outbox, team, workload
from bot.store.entries import Facts
from bot.store.outbox import Delivery
from bot.store.uow import Tx

KEYS = {
    **{key: key for key in ("name", "label", "colour", "signature", "slack", "telegram")},
    "color": "colour",
    "room": "slack",
    "slack_room": "slack",
    "forums": "telegram",
    "forum": "telegram",
    "telegram_forums": "telegram",
    **admin_rules.KEYS,
}
PLACES = {"slack": team_words.slack_room, "telegram": team_words.telegram_forums}
EXAMPLE = "group Sales reminder=15m hours=Mon-Fri 09:00-18:00 Europe/Berlin"
NEW_EXAMPLE = "group add Sales colour=🟩 slack=C012AB3CD telegram=-1001234567890"
LONGEST_COLOUR = 8
INVITE = {
    "slack": Phrase("Invite me to the Slack room: /invite and my name there."),
    "telegram": Phrase("In the Telegram forum I must be an admin who may manage topics."),
}
LOOKING = Phrase("I look whether all is well there and tell you in private.")
SIGNATURES = {
    Signature.OPERATOR.value: Phrase("operator"),
    Signature.GROUP.value: Phrase("group"),
    Signature.NONE.value: Phrase("none"),
}


def groups(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """The list; with words one group, or a change in one line."""
    if not asked.words:
        return Answer(screen=_list(tx, asked.token))
    line = team_words.read(asked.words, KEYS, example(desk, EXAMPLE))
    word, name = first_word(line.head, ADD, OFF, ON)
    if word in ADD:
        if not name and not line.given:
            return Answer(form=_form(tx, NEW, {}))
        return _save(tx, desk, None, _read({"name": name, **line.given}))
    rows = entries.rows(tx, "group")
    number = one_named(rows, name if word else line.head)
    if number is None:
        working = known(one for one in rows.values() if one["active"])
        raise UnknownGroup(name=team_words.short(name if word else line.head), known=working)
    if word:
        return _switch(tx, desk, number, on=word in ON)
    if not line.given:
        return Answer(screen=_screen(tx, number, rows[number]))
    return _save(tx, desk, number, _read(line.given))


def group(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """What a button of the list or of a group asks for, or a form that was filled in."""
    if asked.token == NEW:
        if asked.values is None:
            return Answer(form=_form(tx, NEW, {}))
        return _save(tx, desk, None, _read(_filled(asked)))
    number, has, wish = row_in(tx, "group", asked.token)
    if wish == "":
        return Answer(screen=_screen(tx, number, has))
    if wish in ("off", "on"):
        return _switch(tx, desk, number, on=wish == "on")
    if wish != "edit" and wish not in BY_FIELD:
        raise StaleCard
    if asked.values is None:
        return Answer(form=_form(tx, asked.token, has) if wish == "edit" else _rule_form(number, has, wish))
    if wish == "edit":
        return _save(tx, desk, number, _read(_filled(asked)))
    return _save(tx, desk, number, _read({wish: asked.value(wish)}))


# Shown ---------------------------------------------------------------------------------------------------------------


def _list(tx: Tx, page: str) -> Screen:
    rows = entries.rows(tx, "group")
    order = sorted(rows, key=lambda number: (not rows[number]["active"], rows[number]["name"].casefold()))
    shown = [
        Row(
            title=_title(rows[number]),
            detail=_places(tx, number),
            buttons=(Button(Verb.GROUP_SETTINGS, Phrase("Open"), str(number)),),
        )
        for number in order
    ]
    add = Button(Verb.GROUP_SETTINGS, Phrase("Add group…"), NEW, "primary")
    return paged(Phrase("Groups"), "", shown, page, Verb.GROUPS, add, empty=Phrase("There is no group yet."))


def _title(one: Facts) -> str:
    title = f"{one['colour']} {one['name']}".strip()
    return title if one["active"] else Phrase("{name} (switched off)", name=title)


def _places(tx: Tx, number: int) -> str:
    rooms, forums = _desks(tx, number, "slack"), _desks(tx, number, "telegram")
    said = [Phrase("Slack room {rooms}", rooms=", ".join(rooms))] if rooms else []
    return joined(" · ", [*said, *([f"Telegram {', '.join(forums)}"] if forums else [])]) or Phrase("no room and no forum")


def _desks(tx: Tx, number: int, platform: str) -> list[str]:
    found = entries.rows(tx, "desk").values()
    return [one["chat"] for one in found if one["active"] and one["group"] == number and one["platform"] == platform]


def _screen(tx: Tx, number: int, has: Facts) -> Screen:
    signature = SIGNATURES.get(has["signature"], has["signature"])
    looks = Phrase(
        "Shown as {colour} {label}. Clients see the name of: {signature}.",
        colour=has["colour"],
        label=has["label"],
        signature=signature,
    )
    left = Phrase("Not closed: {n} conversation.", "Not closed: {n} conversations.", n=workload.open_in(tx, GroupId(number)))
    rows = tuple(
        Row(
            title=joined(": ", [rule.label, rule.said(has[rule.field])]),
            detail=rule.help,
            buttons=(Button(Verb.GROUP_SETTINGS, Phrase("Change…"), f"{number}.{rule.field}"),),
        )
        for rule in RULES
    )
    turn = (Phrase("Switch off"), "off", "danger") if has["active"] else (Phrase("Switch on"), "on", "")
    buttons = (
        Button(Verb.GROUP_SETTINGS, Phrase("Change…"), f"{number}.edit"),
        Button(Verb.GROUP_SETTINGS, turn[0], f"{number}.{turn[1]}", turn[2]),
        Button(Verb.GROUPS, Phrase("All groups"), "0"),
    )
    return Screen(title=has["name"], intro=joined("\n", [looks, _places(tx, number), left]), rows=rows, buttons=buttons)


def _form(tx: Tx, token: str, has: Facts) -> Form:
    number = int(token.partition(".")[0]) if has else 0
    signatures = tuple(Option(value, said) for value, said in SIGNATURES.items())
    fields: tuple[Field, ...] = (
        TextField(name="name", label=Phrase("Name"), value=has.get("name", ""), longest=300),
        TextField(
            name="label",
            label=Phrase("Label"),
            value=has.get("label", ""),
            optional=True,
            longest=300,
            hint=Phrase("On buttons and cards."),
        ),
        TextField(
            name="colour",
            label=Phrase("Colour"),
            value=has.get("colour", "⚪"),
            optional=True,
            longest=20,
            hint=Phrase("An emoji."),
        ),
        ChoiceField(
            name="signature",
            label=Phrase("Whose name clients see"),
            options=signatures,
            chosen=(has.get("signature", Signature.OPERATOR.value),),
        ),
        TextField(
            name="slack",
            label=Phrase("Slack room"),
            value=", ".join(_desks(tx, number, "slack")),
            optional=True,
            longest=100,
            hint=Phrase("Its id like C012AB3CD: room details, at the very end."),
        ),
        TextField(
            name="telegram",
            label=Phrase("Telegram forums"),
            value=", ".join(_desks(tx, number, "telegram")),
            optional=True,
            longest=1000,
            hint=Phrase("Ids like -1001234567890, with the minus; several with a comma."),
        ),
    )
    title = Phrase("Change group") if has else Phrase("Add group")
    return Form(verb=Verb.GROUP_SETTINGS, token=token, title=title, fields=fields)


def _rule_form(number: int, has: Facts, field: str) -> Form:
    rule = BY_FIELD[field]
    value = rule.show(has[field])
    asks = TextField(
        name=field,
        label=rule.label,
        value="" if value == admin_rules.OFF else value,
        hint=Phrase("{help}. Empty or off: not at all.", help=rule.help),
        many_lines=rule.many_lines,
        optional=True,
    )
    return Form(verb=Verb.GROUP_SETTINGS, token=f"{number}.{field}", title=has["name"][:24], fields=(asks,))


# Done ----------------------------------------------------------------------------------------------------------------


def _filled(asked: Asked) -> dict[str, str]:
    return {name: asked.value(name) for name in ("name", "label", "colour", "signature", "slack", "telegram")}


def _read(given: Mapping[str, str]) -> Facts:
    """What was written, as facts; ``slack`` and ``telegram`` are lists of rooms. A refusal is shown beside its field."""
    facts: Facts = {}
    for field, text in given.items():
        try:
            facts[field] = _one(field, text)
        except Refusal as refusal:
            raise refusal.beside(field) from None
    return facts


def _one(field: str, text: str) -> object:
    if field in PLACES:
        return PLACES[field](text)
    if field in BY_FIELD:
        return admin_rules.read(field, text or ("inbox" if field == "assign_lands_in" else ""))
    if field == "name":
        return team_words.name(text)
    if field == "label":
        return team_words.name(text) if text else ""
    if field == "colour":
        if len(text) > LONGEST_COLOUR or not text.strip().isprintable():
            raise NotAName(most=str(LONGEST_COLOUR))
        return text.strip()
    if text.lower() not in set(Signature):
        raise NotOneOf(value=team_words.short(text), known=", ".join(Signature))
    return text.lower()


def _save(tx: Tx, desk: Desk, number: int | None, facts: Facts) -> Answer:
    entries.lock(tx)
    wanted = {platform: facts.pop(platform) for platform in PLACES if platform in facts}
    has = entries.rows(tx, "group")[number] if number is not None else {}
    name = free_name(tx, "group", number, facts["name"]) if "name" in facts else has["name"]
    if number is None:
        facts = {"label": "", "colour": "⚪", "signature": "operator", "active": True, **facts}
    if facts.get("label") == "":
        facts["label"] = name
    if not any(wanted[one] if one in wanted else number and _desks(tx, number, one) for one in PLACES):
        nowhere = Phrase("{name} needs somewhere to answer from.", name=name)
        raise Incomplete(what=nowhere, example=example(desk, NEW_EXAMPLE)).beside("slack")
    done = put(tx, desk, "group", number, facts, name)
    if number is None:
        number = next(one for one, row in entries.rows(tx, "group").items() if row["name"] == name)
    new = {platform: _furnish(tx, desk, number, platform, chats) for platform, chats in wanted.items()}
    if not done and all(one is None for one in new.values()):
        return Answer(Phrase("{name} is so already, nothing was changed.", name=name))
    said = [
        _told(name, done) if has else Phrase("The group {name} is added.", name=name),
        *(INVITE[one] for one in new if new[one]),
        *([LOOKING] if any(new.values()) else []),
    ]
    return Answer(joined(" ", said))


def _told(name: str, done: Facts) -> Phrase:
    rules = [(BY_FIELD[field], value) for field, value in done.items() if field in BY_FIELD]
    words = [Phrase("{field} {value}", field=rule.inside, value=rule.said(value)) for rule, value in rules]
    for field, value in done.items():
        if field not in BY_FIELD:
            shown = SIGNATURES.get(value, value) if field == "signature" else value
            words.append(Phrase("{field} {value}", field=FIELDS.get(field, field), value=shown))
    if not words:
        return Phrase("The group {name} is changed.", name=name)
    return Phrase("The group {name} is changed: {what}.", name=name, what=joined(", ", words))


def _furnish(tx: Tx, desk: Desk, number: int, platform: str, chats: list[str]) -> bool | None:
    """The group answers from these rooms of a platform and from no others; whether a room is new to it, None for no change.

    Threads that stand in a room it leaves go on there. Raises ``DeskTaken``.
    """
    new, left, every = False, False, entries.rows(tx, "group")
    for row_id, one in entries.rows(tx, "desk").items():
        if one["platform"] != platform:
            continue
        owner = every[one["group"]]
        if one["active"] and owner["active"] and one["group"] != number and one["chat"] in chats:
            raise DeskTaken(desk=one["chat"], group=owner["name"]).beside(platform)
        if one["chat"] in chats:
            chats = [chat for chat in chats if chat != one["chat"]]
            new |= bool(put(tx, desk, "desk", row_id, {"group": number, "active": True}, f"{platform} {one['chat']}"))
        elif one["active"] and one["group"] == number:
            left |= bool(put(tx, desk, "desk", row_id, {"active": False}, f"{platform} {one['chat']}"))
    for chat in chats:
        _look_at(tx, desk, platform, chat)
        facts = {"platform": platform, "chat": chat, "group": number, "active": True}
        new |= bool(put(tx, desk, "desk", None, facts, f"{platform} {chat}"))
    return new if new or left else None


def _look_at(tx: Tx, desk: Desk, platform: str, chat: str) -> None:
    """Have the platform asked at once whether the room can be worked in; who added it is told in private."""
    who: Facts = {"port": port_of(desk.actor.platform), "person": desk.actor.external_id, "asked_by": desk.operator.name}
    room = Phrase("Slack room {rooms}", rooms=chat) if platform == "slack" else Phrase("Telegram group {chat}", chat=chat)
    what = in_language(room, team.language_of(tx, desk.operator))
    port = port_of(platform)
    outbox.queue(tx, Delivery(lane=f"{port}:{chat}:look", port=port, chat=chat, op="look", payload={**who, "room": what}))


def _switch(tx: Tx, desk: Desk, number: int, *, on: bool) -> Answer:
    """Switch a group off, once nothing comes to it and nobody works in it alone; or on again. Raises ``GroupInUse``."""
    entries.lock(tx)
    name = entries.rows(tx, "group")[number]["name"]
    if on:
        done = put(tx, desk, "group", number, {"active": True}, name)
        return Answer(Phrase("{name} is on again.", name=name) if done else Phrase("{name} is not switched off.", name=name))
    sources = [
        f"{one['kind']} {one['name']}" for one in entries.rows(tx, "channel").values() if one["active"] and one["group"] == number
    ]
    left, alone = workload.open_in(tx, GroupId(number)), workload.members_only_of(tx, GroupId(number))
    if sources:
        raise GroupInUse(group=name, why=Phrase("the channel {channel} still leads to it", channel=sources[0]))
    if left:
        why = Phrase("{n} conversation in it not closed yet", "{n} conversations in it not closed yet", n=left)
        raise GroupInUse(group=name, why=why)
    if alone:
        why = Phrase("{names} would be in no group, and so see every one", names=", ".join(alone[:3]))
        raise GroupInUse(group=name, why=why)
    done = put(tx, desk, "group", number, {"active": False}, name)
    return Answer(Phrase("{name} is switched off.", name=name) if done else Phrase("{name} is switched off already.", name=name))
