"""Roles: rights under a name (R5)."""

from __future__ import annotations

from collections.abc import Iterable

from bot.commands.admin_book import ADD, NEW, example, first_word, free_name, known, one_named, paged, put, row_in
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Desk
from bot.domain import team_words
from bot.domain.actions import Button, Verb
from bot.domain.errors import Incomplete, UnknownRight, UnknownRole
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import ChoiceField, Form, Option, Row, TextField
from bot.store import entries
from bot.store.entries import Facts
from bot.store.uow import Tx

KEYS = {"name": "name", "permissions": "permissions", "permission": "permissions", "rights": "permissions"}
EXAMPLE = "role add lead permissions=conversations_management,send_once"
MEANING = {
    Permission.SUPER_ADMIN: Phrase("everything, in every group, and the team itself"),
    Permission.CONVERSATIONS_MANAGEMENT: Phrase("manage conversations: tabs All and Blacklist, unlock, close what others have"),
    Permission.TAB_ALL: Phrase("see the tabs All and Blacklist"),
    Permission.SEND_ONCE: Phrase("send one text in a conversation somebody else has"),
    Permission.EMAIL_ANYWHERE: Phrase("send a conversation by e-mail to any address"),
}


def roles(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """The list; with words one role, or a change in one line."""
    if not asked.words:
        return _list(tx, asked.token)
    line = team_words.read(asked.words, KEYS, example(desk, EXAMPLE))
    word, name = first_word(line.head, ADD)
    rows = entries.rows(tx, "role")
    number = None if word else one_named(rows, line.head)
    if not word and number is None:
        raise UnknownRole(name=team_words.short(line.head), known=known(rows.values()))
    if not line.given and not name:
        return Answer(form=_form(NEW if word else str(number), rows[number] if number is not None else {}))
    facts: Facts = {}
    if said := line.given.get("name", name):
        facts["name"] = team_words.name(said)
    if "permissions" in line.given:
        facts["permissions"] = _rights(line.given["permissions"])
    if word and set(facts) != {"name", "permissions"}:
        raise Incomplete(what=Phrase("A role has a name and permissions."), example=example(desk, EXAMPLE))
    return _save(tx, desk, number, facts)


def role(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """A form to add or change one, or what was filled in."""
    number, has = (None, {}) if asked.token == NEW else row_in(tx, "role", asked.token)[:2]
    if asked.values is None:
        return Answer(form=_form(asked.token, has))
    rights = sorted({one for one in asked.chosen("permissions") if one in set(Permission)})
    return _save(tx, desk, number, {"name": team_words.name(asked.value("name")), "permissions": rights})


def _list(tx: Tx, page: str) -> Answer:
    rows, people = entries.rows(tx, "role"), entries.rows(tx, "operator").values()
    shown = [
        Row(
            title=one["name"],
            detail=joined(" · ", [_rights_words(one["permissions"]), _holders(people, number)]),
            buttons=(Button(Verb.ROLE, Phrase("Change…"), str(number)),),
        )
        for number, one in sorted(rows.items(), key=lambda item: item[1]["name"].casefold())
    ]
    add = Button(Verb.ROLE, Phrase("Add role…"), NEW, "primary")
    return Answer(screen=paged(Phrase("Roles"), "", shown, page, Verb.ROLES, add, empty=Phrase("There is no role yet.")))


def _rights_words(rights: Iterable[str]) -> str:
    return ", ".join(rights) or Phrase("no rights")


def _holders(people: Iterable[Facts], number: int) -> Phrase:
    holders = sum(one["role"] == number and one["active"] for one in people)
    return Phrase("{n} operator", "{n} operators", n=holders)


def _form(token: str, has: Facts) -> Form:
    rights = tuple(Option(one.value, joined(": ", [one.value, MEANING[one]])) for one in Permission)
    chosen = tuple(one for one in has.get("permissions", ()) if one in set(Permission))
    fields = (
        TextField(name="name", label=Phrase("Name"), value=has.get("name", ""), longest=300),
        ChoiceField(name="permissions", label=Phrase("Permissions"), options=rights, chosen=chosen, many=True, optional=True),
    )
    return Form(verb=Verb.ROLE, token=token, title=Phrase("Change role") if has else Phrase("Add role"), fields=fields)


def _rights(text: str) -> list[str]:
    found = set()
    for name in team_words.listed(text):
        word = name.lower().replace(" ", "_").replace("-", "_")
        if word not in set(Permission):
            raise UnknownRight(name=team_words.short(name), known=", ".join(Permission))
        found.add(word)
    return sorted(found)


def _save(tx: Tx, desk: Desk, number: int | None, facts: Facts) -> Answer:
    entries.lock(tx)
    has = entries.rows(tx, "role")[number] if number is not None else {}
    name = free_name(tx, "role", number, facts["name"]) if "name" in facts else has["name"]
    done = put(tx, desk, "role", number, facts, name)
    if not done:
        return Answer(Phrase("The role {name} is so already, nothing was changed.", name=name))
    rights = _rights_words({"permissions": (), **has, **facts}["permissions"])
    if has:
        return Answer(Phrase("The role {name} is changed: {rights}.", name=name, rights=rights))
    return Answer(Phrase("The role {name} is added: {rights}.", name=name, rights=rights))
