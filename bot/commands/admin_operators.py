"""Operators: who they are, what they may do, where they act; adding, changing, switching off and on again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

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
    names,
    one_named,
    paged,
    put,
    row_in,
)
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Desk
from bot.domain import team_words
from bot.domain.actions import Button, Verb
from bot.domain.conversation import Status, move
from bot.domain.errors import (
    IdentityTaken,
    Incomplete,
    NoAccount,
    SeveralOperators,
    StaleCard,
    UnknownGroup,
    UnknownOperator,
    UnknownRole,
)
from bot.domain.ids import OperatorId
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import ChoiceField, Field, Form, Option, Row, Screen, TextField
from bot.store import conversations, entries, journal, spread, workload
from bot.store.entries import Facts
from bot.store.uow import Tx

KEYS = {
    "name": "name",
    "email": "email",
    "mail": "email",
    "slack": "slack",
    "telegram": "telegram",
    "tg": "telegram",
    "groups": "groups",
    "group": "groups",
    "role": "role",
}
EXAMPLE = "operator add Olga Ivanova slack=@olga email=olga@example.com groups=Sales,Support role=lead"
NO_ROLE = "-"
PLATFORMS = {"slack": "Slack", "telegram": "Telegram"}


def operators(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """The list; with words one operator, or a change in one line."""
    if not asked.words:
        return Answer(screen=_list(tx, asked.token))
    line = team_words.read(asked.words, KEYS, example(desk, EXAMPLE))
    word, rest = first_word(line.head, ADD, OFF, ON)
    if word in ADD:
        return _add(tx, desk, rest, line.given)
    number = find(tx, rest if word else line.head)
    facts = entries.rows(tx, "operator")[number]
    if word:
        return _switch(tx, desk, number, facts, on=word in ON)
    if not line.given:
        return Answer(screen=_screen(tx, number, facts))
    return _change(tx, desk, number, facts, line.given)


def operator(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """What a button of the list or of an operator asks for, or a form that was filled in."""
    if asked.token == NEW:
        if asked.values is None:
            return Answer(form=_form(tx, NEW, {}))
        return _save(tx, desk, None, _filled(asked), {})
    number, facts, wish = row_in(tx, "operator", asked.token)
    if wish == "":
        return Answer(screen=_screen(tx, number, facts))
    if wish == "edit":
        if asked.values is None:
            return Answer(form=_form(tx, asked.token, facts))
        return _save(tx, desk, number, _filled(asked), facts)
    if wish not in ("off", "on"):
        raise StaleCard
    if wish == "off" and asked.values is None:
        return Answer(form=_confirm(tx, number, facts))
    return _switch(tx, desk, number, facts, on=wish == "on")


def find(tx: Tx, words: str) -> int:
    """The operator meant by a name, its beginning, an e-mail, a mention or a number. Raises a refusal when it is not one."""
    text = words.strip().removeprefix("@").strip("\"'“”")
    rows = entries.rows(tx, "operator")
    ids = {value: number for number, one in rows.items() for platform in PLATFORMS for value in one[platform]}
    if text in ids:
        return ids[text]
    by_mail = [number for number, one in rows.items() if text and (one["email"] or "").casefold() == text.casefold()]
    if (found := one_named(rows, text)) or by_mail:
        return found or by_mail[0]
    like = [one["name"] for one in rows.values() if text and f" {text.casefold()}" in f" {one['name'].casefold()}"]
    if len(like) > 1:
        raise SeveralOperators(name=team_words.short(text), names=joined(Phrase(" or "), sorted(like)[:5]))
    if like:
        return next(number for number, one in rows.items() if one["name"] == like[0])
    raise UnknownOperator(name=team_words.short(text), near=team_words.near(text, (one["name"] for one in rows.values())))


# Shown ---------------------------------------------------------------------------------------------------------------


def _list(tx: Tx, page: str) -> Screen:
    rows, roles, groups = entries.rows(tx, "operator"), entries.rows(tx, "role"), entries.rows(tx, "group")
    order = sorted(rows, key=lambda number: (not rows[number]["active"], rows[number]["name"].casefold(), number))
    shown = [
        Row(
            title=_title(rows[number]),
            detail=_detail(rows[number], roles, groups),
            buttons=(Button(Verb.OPERATOR, Phrase("Open"), str(number)),),
        )
        for number in order
    ]
    add = Button(Verb.OPERATOR, Phrase("Add operator…"), NEW, "primary")
    working = Phrase("{working} can work.", working=sum(one["active"] for one in rows.values()))
    empty = Phrase("Nobody is an operator yet.")
    return paged(Phrase("Operators"), working, shown, page, Verb.OPERATORS, add, empty=empty)


def _title(one: Facts) -> str:
    name: str = one["name"]
    return name if one["active"] else Phrase("{name} (switched off)", name=name)


def _detail(one: Facts, roles: dict[int, Facts], groups: dict[int, Facts]) -> str:
    role = roles[one["role"]]["name"] if one["role"] else Phrase("no role")
    where = joined(Phrase(" and "), (said for platform, said in PLATFORMS.items() if one[platform])) or Phrase("no account")
    seen = names(one["groups"], groups) or Phrase("every group")
    return joined(" · ", (part for part in (role, seen, where, one["email"]) if part))


def _screen(tx: Tx, number: int, one: Facts) -> Screen:
    has = len(workload.inbox_of(tx, OperatorId(number)))
    ids = [f"{said}: {', '.join(one[platform])}" for platform, said in PLATFORMS.items() if one[platform]]
    intro = [
        _detail(one, entries.rows(tx, "role"), entries.rows(tx, "group")),
        *ids,
        Phrase("{number} in My inbox, {pins} pinned clients", number=has, pins=workload.pins_of(tx, OperatorId(number))),
    ]
    buttons = [Button(Verb.OPERATOR, Phrase("Change…"), f"{number}.edit")]
    if one["active"]:
        buttons.append(Button(Verb.OPERATOR, Phrase("Switch off…"), f"{number}.off", "danger"))
    else:
        intro.insert(0, Phrase("Switched off: can do nothing anywhere."))
        buttons.append(Button(Verb.OPERATOR, Phrase("Switch on"), f"{number}.on"))
    buttons.append(Button(Verb.OPERATORS, Phrase("All operators"), "0"))
    return Screen(title=one["name"], intro=joined("\n", intro), buttons=tuple(buttons))


def _confirm(tx: Tx, number: int, one: Facts) -> Form:
    has = len(workload.inbox_of(tx, OperatorId(number)))
    intro = Phrase(
        "{name} will be refused everywhere at once. {n} conversation of the inbox will go back to Unassigned, "
        "and clients pinned to this operator will come to Unassigned.",
        "{name} will be refused everywhere at once. {n} conversations of the inbox will go back to Unassigned, "
        "and clients pinned to this operator will come to Unassigned.",
        name=one["name"],
        n=has,
    )
    token, title = f"{number}.off", Phrase("Switch off operator")
    return Form(verb=Verb.OPERATOR, token=token, title=title, intro=intro, fields=(), submit=Phrase("Switch off"))


def _form(tx: Tx, token: str, one: Facts) -> Form:
    roles = [Option(NO_ROLE, Phrase("no role")), *(Option(str(n), has["name"]) for n, has in entries.rows(tx, "role").items())]
    groups = tuple(Option(str(n), has["name"]) for n, has in entries.rows(tx, "group").items() if has["active"])
    role = str(one["role"]) if one.get("role") else NO_ROLE
    fields: list[Field] = [
        TextField(
            name="name",
            label=Phrase("Name"),
            value=one.get("name", ""),
            longest=300,
            hint=Phrase("As clients and colleagues see it."),
        ),
        TextField(name="email", label=Phrase("E-mail"), value=one.get("email") or "", optional=True, longest=300),
        ChoiceField(name="role", label=Phrase("Role"), options=tuple(roles[:100]), chosen=(role,)),
        TextField(
            name="slack",
            label=Phrase("Slack member id"),
            value=", ".join(one.get("slack", ())),
            optional=True,
            longest=100,
            hint=Phrase("Like U012AB3CD: profile, “Copy member ID”."),
        ),
        TextField(
            name="telegram",
            label=Phrase("Telegram number"),
            value=", ".join(one.get("telegram", ())),
            optional=True,
            longest=100,
            hint=Phrase("Like 123456789, not a @name. Or leave it: the person can link it with a code (“link”)."),
        ),
    ]
    if groups:
        chosen = tuple(str(number) for number in one.get("groups", ()))
        some = ChoiceField(
            name="groups",
            label=Phrase("Groups"),
            options=groups[:100],
            chosen=chosen,
            many=True,
            optional=True,
            hint=Phrase("Works only there; in no group = in every group."),
        )
        fields.insert(3, some)
    title = Phrase("Change operator") if one else Phrase("Add operator")
    return Form(verb=Verb.OPERATOR, token=token, title=title, fields=tuple(fields))


# Done ----------------------------------------------------------------------------------------------------------------


def _filled(asked: Asked) -> Callable[[Tx], Facts]:
    """What a form says. Options are row numbers."""

    def read(tx: Tx) -> Facts:
        roles, groups = entries.rows(tx, "role"), entries.rows(tx, "group")
        role = asked.value("role")
        if role not in (NO_ROLE, "") and not (role.isdecimal() and int(role) in roles):
            raise StaleCard
        chosen = sorted({int(one) for one in asked.chosen("groups") if one.isdecimal() and int(one) in groups})
        said = {name: asked.value(name) for name in ("name", "email", "slack", "telegram")}
        return {**_plain(said), "role": int(role) if role.isdecimal() else None, "groups": chosen}

    return read


def _typed(given: Mapping[str, str]) -> Callable[[Tx], Facts]:
    """What ``key=value`` says. Groups and roles are named."""

    def read(tx: Tx) -> Facts:
        facts = _plain(given)
        if "role" in given:
            facts["role"] = _role(tx, given["role"])
        if "groups" in given:
            facts["groups"] = _groups(tx, given["groups"])
        return facts

    return read


def _plain(said: Mapping[str, str]) -> Facts:
    reading = {
        "name": team_words.name,
        "email": team_words.email,
        "slack": team_words.slack_person,
        "telegram": team_words.telegram_person,
    }
    return {field: read(said[field]) for field, read in reading.items() if field in said}


def _role(tx: Tx, name: str) -> int | None:
    if name.lower() in team_words.NOTHING:
        return None
    rows = entries.rows(tx, "role")
    found = one_named(rows, name)
    if found is None:
        raise UnknownRole(name=team_words.short(name), known=known(rows.values()))
    return found


def _groups(tx: Tx, text: str) -> list[int]:
    rows = {number: one for number, one in entries.rows(tx, "group").items() if one["active"]}
    found = set()
    for name in team_words.listed(text):
        number = one_named(rows, name)
        if number is None:
            raise UnknownGroup(name=team_words.short(name), known=known(rows.values())).beside("groups")
        found.add(number)
    return sorted(found)


def _add(tx: Tx, desk: Desk, name: str, given: Mapping[str, str]) -> Answer:
    if not name and not given:
        return Answer(form=_form(tx, NEW, {}))
    said = {"name": name, **given} if name else dict(given)
    if not said.get("name"):
        raise Incomplete(what=Phrase("Who is it? Write the name first."), example=example(desk, EXAMPLE))
    return _save(tx, desk, None, _typed(said), {})


def _change(tx: Tx, desk: Desk, number: int, has: Facts, given: Mapping[str, str]) -> Answer:
    return _save(tx, desk, number, _typed(_by_mention(tx, number, given)), has)


def _by_mention(tx: Tx, number: int, given: Mapping[str, str]) -> Mapping[str, str]:
    """A mention of somebody who is an operator comes as the operator's name; his own is his own account."""
    own = entries.rows(tx, "operator")[number]
    slack = given.get("slack", "")
    return {**given, "slack": own["slack"][0]} if slack and slack == own["name"] and own["slack"] else given


def _save(tx: Tx, desk: Desk, number: int | None, read: Callable[[Tx], Facts], has: Facts) -> Answer:
    entries.lock(tx)
    facts = read(tx)
    name = free_name(tx, "operator", number, facts["name"]) if "name" in facts else has["name"]
    whole = {"email": None, "role": None, "groups": [], "slack": [], "telegram": [], "active": True, **has, **facts}
    if not whole["slack"] and not whole["telegram"]:
        shown = f"operator {'' if has else 'add '}{name} slack=@{name.split()[0].lower()}"
        raise NoAccount(name=name, example=example(desk, shown)).beside("slack")
    for platform in PLATFORMS:
        _must_be_free(tx, number, platform, whole[platform])
    done = put(tx, desk, "operator", number, facts if has else whole, name)
    if not has:
        return Answer(joined(" ", [Phrase("{name} is an operator now.", name=name), _can_act(whole)]))
    if not done:
        return Answer(Phrase("{name} is so already, nothing was changed.", name=name))
    return Answer(Phrase("{name} is changed: {what}.", name=name, what=_said(tx, done)))


def _can_act(whole: Facts) -> Phrase:
    for platform, said in PLATFORMS.items():
        if not whole[platform]:
            return Phrase("To work in {platform} too, the person asks me for a code: “link”.", platform=said)
    return Phrase("The work can begin.")


def _said(tx: Tx, done: Facts) -> str:
    words = []
    for field, value in done.items():
        if field == "role":
            now = entries.rows(tx, "role")[value]["name"] if value else Phrase("none")
        elif field == "groups":
            now = names(value, entries.rows(tx, "group")) or Phrase("none, so every group is seen")
        else:
            now = (", ".join(value) if isinstance(value, list) else value) or Phrase("none")
        words.append(Phrase("{field} {value}", field=FIELDS.get(field, field), value=now))
    return joined(", ", words)


def _must_be_free(tx: Tx, number: int | None, platform: str, ids: list[str]) -> None:
    """No account of another active operator; of one who is switched off it is taken. Raises ``IdentityTaken``."""
    for other, one in entries.rows(tx, "operator").items():
        if other != number and one["active"] and set(one[platform]) & set(ids):
            raise IdentityTaken(platform=PLATFORMS[platform], name=one["name"]).beside(platform)


def _switch(tx: Tx, desk: Desk, number: int, has: Facts, *, on: bool) -> Answer:
    entries.lock(tx)
    name = has["name"]
    if on:
        if not has["slack"] and not has["telegram"]:
            raise NoAccount(name=name, example=example(desk, f"operator {name} slack=@{name.split()[0].lower()}"))
        done = put(tx, desk, "operator", number, {"active": True}, name)
        return Answer(Phrase("{name} can work again.", name=name) if done else Phrase("{name} is not switched off.", name=name))
    if not put(tx, desk, "operator", number, {"active": False}, name):
        return Answer(Phrase("{name} is switched off already.", name=name))
    returned = _hand_back(tx, desk, OperatorId(number), name)
    words = Phrase(
        "{name} is switched off. {n} conversation went back to Unassigned.",
        "{name} is switched off. {n} conversations went back to Unassigned.",
        name=name,
        n=returned,
    )
    return Answer(words)


def _hand_back(tx: Tx, desk: Desk, operator_id: OperatorId, name: str) -> int:
    """What the operator has goes back to Unassigned of its groups; what waits there for him is anybody's."""
    for conversation_id in workload.meant_for(tx, operator_id):
        waiting = replace(conversations.by_id(tx, conversation_id), meant_for=None)
        conversations.save(tx, waiting)
        spread.refresh_cards(tx, waiting)
    handed = workload.inbox_of(tx, operator_id)
    for conversation_id in handed:
        before = conversations.by_id(tx, conversation_id)
        moved = move(before, Status.UNASSIGNED, tx.now, operator_id=None)
        conversations.save(tx, moved)
        journal.add(
            tx,
            "returned",
            who=desk.operator.name,
            way=desk.actor.way,
            conversation_id=conversation_id,
            operator_id=desk.operator.id,
            before=before.status.value,
            after=moved.status.value,
            because=f"{name} was switched off",
        )
        spread.refresh_cards(tx, moved)
    return len(handed)
