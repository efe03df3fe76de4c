"""Making a Slack account and a Telegram account one operator by a one-time code (R1).

A code is asked for where one is known already, and given where one is not. Giving it is the only thing a person can do here whom
the team does not know, so it has a door of its own, :func:`redeem`, that takes a code and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.notice import notify
from bot.commands.perform import Desk, perform_unknown
from bot.domain.actions import Verb
from bot.domain.errors import AlreadyLinked, CodeNotValid, LinkHere, LinkInPrivate, TooManyCodes
from bot.domain.people import Actor, Operator
from bot.domain.phrase import Phrase
from bot.store import entries, journal, links, origins, team
from bot.store.uow import Tx

OTHER = {"slack": "telegram", "telegram": "slack"}
NAMES = {"slack": "Slack", "telegram": "Telegram"}


def link(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """A code for the other platform. Raises ``AlreadyLinked``, and ``LinkHere`` when somebody known here gives a code."""
    here, there = desk.actor.platform, OTHER[desk.actor.platform]
    if asked.words:
        raise LinkHere(name=desk.operator.name, here=NAMES[here], there=NAMES[there])
    if here == "telegram" and desk.actor.door == "text":
        raise LinkInPrivate  # in a topic everybody would read the code
    if team.identity_of(tx, desk.operator.id, there) is not None:
        raise AlreadyLinked(there=NAMES[there])
    code = links.issue(tx, desk.operator.id)
    desk.journal(tx, "asked for a link code")
    return Answer(_how(there, f"{code[:4]}-{code[4:]}"))


def _how(there: str, code: str) -> Phrase:
    if there == "slack":
        return Phrase(
            "Your code is {code}. Within 10 minutes, write in Slack: /desk link {code}\n"
            "It works once, and makes that account yours: show it to nobody.",
            code=code,
        )
    return Phrase(
        "Your code is {code}. Within 10 minutes, write to the bot in Telegram, in a private chat: /link {code}\n"
        "It works once, and makes that account yours: show it to nobody.",
        code=code,
    )


def redeem(tx: Tx, actor: Actor, typed: str) -> Answer:
    """The door for whoever is no operator here (yet): a code makes this account that of the operator who asked for it.

    A wrong code is told apart from an old or used one to nobody.
    """

    if not links.may_try(tx, actor.platform, actor.external_id):
        return perform_unknown(tx, actor, _too_many)
    answer = perform_unknown(tx, actor, lambda: _link(tx, actor, typed))
    if answer.refused:
        links.was_wrong(tx, actor.platform, actor.external_id)
    return answer


def _too_many() -> Answer:
    raise TooManyCodes


def _link(tx: Tx, actor: Actor, typed: str) -> Answer:
    entries.lock(tx)
    owner = links.redeem(tx, typed)
    operator = team.operator_by_id(tx, owner) if owner is not None else None
    if operator is None or not operator.active or team.identity_of(tx, operator.id, actor.platform) is not None:
        raise CodeNotValid
    before = team.operator_of(tx, actor)
    if before is not None and before.active:  # linked at this very moment by another code
        raise CodeNotValid
    if before is not None:
        origins.touch(tx, "operator", before.id, [actor.platform], operator.name)
    entries.change(tx, "operator", operator.id, {actor.platform: [actor.external_id]})
    origins.touch(tx, "operator", operator.id, [actor.platform], operator.name)
    journal.add(tx, "linked", who=operator.name, way=actor.way, operator_id=operator.id, platform=actor.platform)
    return _told(tx, actor, operator)


def _told(tx: Tx, actor: Actor, operator: Operator) -> Answer:
    here, there = NAMES[actor.platform], OTHER[actor.platform]
    words = Phrase(
        "Your {here} account is linked: from now on you are one operator in Slack and in Telegram. "
        "If that was not you, tell an admin at once.",
        here=here,
    )
    notify(tx, operator.id, words, at=there)
    welcome = Phrase(
        "Welcome, {name}: this {here} account is yours now, as your {there} account is.",
        name=operator.name,
        here=here,
        there=NAMES[there],
    )
    return Answer(welcome)


DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.LINK: link}
