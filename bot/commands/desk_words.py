"""Words said to the bot itself: ``/desk …`` in Slack, a command in the Telegram bot's private chat."""

from __future__ import annotations

from bot.commands import linking
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Desk, perform_at_desk
from bot.commands.verbs import ON_DESK
from bot.domain.actions import BY_WORD, SINGULAR, Action, Verb, help_text
from bot.domain.errors import InThread
from bot.domain.guess import not_understood
from bot.domain.people import Actor
from bot.domain.phrase import Phrase, joined
from bot.domain.words import DESK_PREFIXES as PREFIXES
from bot.store import team
from bot.store.uow import Tx


def said(tx: Tx, actor: Actor, words: str) -> Answer:
    """Do what the words ask; without words, say what this person can ask for."""
    word, _, rest = words.strip().partition(" ")
    if word.lower() == Verb.LINK and rest.strip() and not team.is_operator(tx, actor):
        return linking.redeem(tx, actor, rest)
    action = BY_WORD.get(word.lower()) or SINGULAR.get(word.lower())
    needs = action.needs if action is not None and action.team else ""
    return perform_at_desk(tx, actor, lambda desk: _do(tx, desk, word.lower(), rest.strip()), needs=needs)


def _meant(desk: Desk, word: str) -> Action | None:
    """The verb of a word; one that is a conversation's too is the team's for whoever may ask for that."""
    team_verb, own = SINGULAR.get(word), BY_WORD.get(word)
    return team_verb if team_verb and (own is None or desk.operator.has(team_verb.needs)) else own


def _do(tx: Tx, desk: Desk, word: str, rest: str) -> Answer:
    if word in ("", "help", "start"):
        return Answer(help_for(tx, desk))
    action = _meant(desk, word)
    if action is None or action.verb is Verb.HELP or (action.switch and not tx.policy.on(action.switch)):
        raise not_understood(desk.actor.platform, word, desk.operator.has, in_thread=False, on=tx.policy.on)
    if not action.team:
        raise InThread(word=word, prefix="!" if desk.actor.platform == "slack" else "/")
    return ON_DESK[action.verb](tx, desk, Asked(words=rest))


def help_for(tx: Tx, desk: Desk) -> str:
    """What this person can ask the bot for, and what in a conversation's thread."""
    prefix = PREFIXES[desk.actor.platform]
    thread = "!" if desk.actor.platform == "slack" else "/"
    topic = Phrase("In a conversation's topic:")
    where = Phrase("In a conversation's thread:") if desk.actor.platform == "slack" else topic
    here = help_text(prefix, team=True, may=desk.operator.has, on=tx.policy.on)
    return joined("\n", [Phrase("Here you can write:"), here, "", where, help_text(thread)])
