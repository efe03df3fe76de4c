"""What people press, fill in, choose and command in Slack, as commands of ours. Nothing is answered here.

Payloads: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands.
"""

from __future__ import annotations

import re
from typing import Any

from bot.commands import desk_words, home
from bot.commands.answer import Answer
from bot.commands.context import Place
from bot.commands.press import Pressed, pressed
from bot.commands.press import shortcut as use_shortcut
from bot.domain.actions import BY_VERB, BY_WORD, Verb, parse_press
from bot.domain.people import Actor
from bot.domain.words import typed_verb
from bot.handlers.desks.slack.forms import values_of
from bot.handlers.desks.slack.mrkdwn import NameOf, unescape
from bot.handlers.desks.slack.screens import screen_at
from bot.handlers.desks.slack.updates import (
    part,
    press_message,
    press_room,
    press_thread,
    pressed_action,
    thread_of,
    word,
)
from bot.handlers.desks.slack.views import HOME, About, about_of
from bot.store.uow import Tx

Json = dict[str, Any]

SLACK = "slack"
NOWHERE = Place(SLACK, "", "")
ON_HOME = frozenset((Verb.TAB, Verb.FILTER))
"""Verbs whose screens belong on the Home tab when they were asked for there."""
_REFERENCE = re.compile(r"<([@#])([A-Z0-9]+)(?:\|([^<>]*))?>")


def command(tx: Tx, payload: Json, name_of: NameOf) -> Answer:
    """``/desk …``"""
    actor = Actor(SLACK, word(payload, "user_id"), "command")
    return desk_words.said(tx, actor, typed_words(word(payload, "text"), name_of))


def typed_words(text: str, name_of: NameOf) -> str:
    """A command's text as it was typed.

    ``should_escape`` gives ``<@U…|name>`` and ``<#C…|name>``: an operator is meant by name; anybody else, and a room, by the id,
    which is what a command that adds them needs.
    """

    def read(found: re.Match[str]) -> str:
        sign, number = found[1], found[2]
        return (name_of(number) or number) if sign == "@" else number

    return unescape(_REFERENCE.sub(read, text))


def press(tx: Tx, payload: Json) -> Answer | None:
    """A button of a message, a modal or the Home tab; None for one that carries nothing (a link)."""
    value = word(pressed_action(payload), "value")
    user = word(part(payload, "user"), "id")
    if not value:
        return None
    view = part(payload, "view")
    if not view:
        place = place_of(payload)
        at = press_message(payload) if place.thread else ""
        return pressed(tx, Pressed(Actor(SLACK, user, "button"), place, at, value))
    at_home = word(view, "type") == HOME
    actor = Actor(SLACK, user, HOME if at_home else "button")
    answer = pressed(tx, Pressed(actor, NOWHERE if at_home else _thread_of(about_of(view)), "", value))
    if at_home:
        _keep_home(tx, actor, value, answer)
    return answer


def place_of(payload: Json) -> Place:
    """The thread a message's button belongs to; nowhere in direct messages and in lists about no single conversation."""
    screen = screen_at(word(pressed_action(payload), "block_id"))
    if press_room(payload).startswith("D") or (screen is not None and BY_VERB[screen[0]].team):
        return NOWHERE
    return Place(SLACK, press_room(payload), press_thread(payload))


def _thread_of(about: About) -> Place:
    """Where a view's presses and forms count as done; nowhere for lists and the Home tab."""
    return Place(SLACK, about.room, about.thread) if about.thread else NOWHERE


def submitted(tx: Tx, payload: Json) -> Answer:
    """A form that was sent."""
    view = part(payload, "view")
    about = about_of(view)
    actor = Actor(SLACK, word(part(payload, "user"), "id"), "form")
    answer = pressed(tx, Pressed(actor, _thread_of(about), "", about.data, values_of(view)))
    if about.room == HOME:
        _keep_home(tx, actor, about.data, answer)
    return answer


def shortcut(tx: Tx, payload: Json) -> Answer | None:
    """A shortcut: of a message, about that message; or a global one, about no conversation. None for one we do not have."""
    name = word(payload, "callback_id")
    if name not in set(Verb):
        return None
    actor = Actor(SLACK, word(part(payload, "user"), "id"), "shortcut")
    if word(payload, "type") == "shortcut":
        return pressed(tx, Pressed(actor, NOWHERE, "", f"{name}:"))
    message = part(payload, "message")
    place = Place(SLACK, press_room(payload), thread_of(message))
    return use_shortcut(tx, actor, place, Verb(name), (word(message, "ts"),))


def opened_home(tx: Tx, event: Json) -> Answer | None:
    """Somebody looks at the Home tab; the direct messages beside it are no concern of ours."""
    if word(event, "tab") != HOME:
        return None
    return home.opened(tx, Actor(SLACK, word(event, "user"), HOME))


def direct_words(tx: Tx, event: Json, words: str) -> Answer:
    """Words to the bot itself in direct messages: those of the slash command, with or without a sign before them."""
    return desk_words.said(tx, Actor(SLACK, word(event, "user"), "text"), words.strip().removeprefix("!").removeprefix("/desk"))


def verb_of(payload: Json) -> Verb:
    """The verb an update asks for, *help* where it names none."""
    if word(payload, "command"):
        said = word(payload, "text").strip()
    elif word(payload, "type") in ("message_action", "shortcut"):
        said = word(payload, "callback_id")
    elif event := part(payload, "event"):
        typed = typed_verb(SLACK, unescape(word(event, "text")))
        said = typed.word if typed else word(event, "text").strip()
    else:
        known = parse_press(data_of(payload))
        return known[0] if known else Verb.HELP
    name = said.partition(" ")[0].lower()
    return BY_WORD[name].verb if name in BY_WORD else Verb.HELP


def data_of(payload: Json) -> str:
    """What the pressed button or the sent form carries."""
    return word(pressed_action(payload), "value") or about_of(part(payload, "view")).data


def _keep_home(tx: Tx, actor: Actor, data: str, answer: Answer) -> None:
    """Remember which list somebody looks at, for when it is drawn anew."""
    known = parse_press(data)
    if answer.screen is None or known is None or known[0] not in ON_HOME:
        return
    again = [one.token for one in answer.screen.buttons if one.verb is Verb.FILTER]  # what is shown, to filter it further
    home.keep(tx, actor, known[1] if known[0] is Verb.TAB else next(iter(again), ""))
