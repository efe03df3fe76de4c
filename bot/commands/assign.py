"""Passing a conversation on: to an operator (R55, R57) or to another group (R56)."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands import inbox
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.follow import called
from bot.commands.lookup import LOOKUPS
from bot.commands.menu import RELABELLED, token_of
from bot.commands.notice import notify
from bot.commands.perform import Context, Desk
from bot.domain import conversation as moves
from bot.domain.actions import Action, Button, Verb
from bot.domain.conversation import Conversation, Status
from bot.domain.errors import Blacklisted, NoDesk, NotYours, SameGroup, UnknownColleague, UnknownGroup
from bot.domain.group_settings import Landing
from bot.domain.ids import GroupId
from bot.domain.names import begins, named
from bot.domain.people import Group, Operator
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase
from bot.domain.screen import ChoiceField, Form, Option
from bot.store import colleagues, conversations, mirrors, regroup, spread, team
from bot.store.colleagues import Colleague
from bot.store.uow import Tx

MOST_OFFERED = 100


def assign(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Give it to an operator: typed, picked, or asked for when several are meant (R55, R57)."""
    _must_pass_on(tx, context)
    known = _colleagues(tx, context.operator)
    if asked.values is not None:
        found = [one for one in known if str(one.id) == asked.value("operator")]
    elif asked.words:
        found = named([(one, (one.name, one.email)) for one in known], asked.words)
    else:
        has = context.conversation.operator_id if context.conversation.status is Status.INBOX else None
        return _ask_whom(context, [one for one in known if one.id not in (context.operator.id, has)])
    if not found:
        raise UnknownColleague(name=asked.words or asked.value("operator"))
    if len(found) > 1:
        return _ask_whom(context, found, intro=Phrase("Several operators are called so: “{words}”.", words=asked.words))
    if found[0].id == context.operator.id:
        return inbox.take_over(tx, context)
    return _pass_on(tx, context, found[0])


def _pass_on(tx: Tx, context: Context, to: Colleague) -> Answer:
    """Into the inbox of the chosen one, or, where the group wants it so, into Unassigned of his group, meant for him."""
    before, by = context.conversation, context.operator
    name = _responsible(tx, context)
    if team.settings_of(tx, before.group_id).assign_lands_in is Landing.UNASSIGNED:
        moved = moves.leave_for(before, by, to.id, _group_for(tx, before, to), tx.now, responsible_name=name)
        where = Phrase("It waits in Unassigned for {name}.", name=to.name)
    else:
        moved = moves.assign(before, by, to.id, tx.now, responsible_name=name)
        where = Phrase("The conversation is in the inbox of {name}.", name=to.name)
    context.journal(tx, "assigned", before=before.status.value, after=moved.status.value, to=to.name)
    words = Phrase("➡️ {by} passed this conversation on to {name}.", by=by.name, name=to.name)
    _settle(tx, context, moved, words)
    for mirror in mirrors.of_conversation(tx, moved.id):
        spread.notice(tx, mirror, words, mention=called(tx, mirror, to.id) if moved.status is Status.INBOX else None)
    notify(tx, to.id, _told(by, conversations.client_name(tx, moved.client_id), moved), about=moved.id)
    return Answer(where)


def _told(by: Operator, client: str, moved: Conversation) -> Phrase:
    """What the chosen one reads in private."""
    if moved.status is Status.UNASSIGNED:
        return Phrase(
            "➡️ {by} passed the conversation with {client} on to you. It waits in Unassigned for you.", by=by.name, client=client
        )
    return Phrase("➡️ {by} passed the conversation with {client} on to you. It is in your inbox.", by=by.name, client=client)


def _group_for(tx: Tx, conversation: Conversation, to: Colleague) -> GroupId:
    """The group in whose Unassigned the chosen one looks: its own when he works there, else his first that has a desk."""
    found = team.operator_by_id(tx, to.id)
    theirs = found.groups if found else frozenset()
    if not theirs or conversation.group_id in theirs:
        return conversation.group_id
    return min(theirs & colleagues.groups_with_desk(tx), default=conversation.group_id)


def group(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Move it to another group's Unassigned: new threads there, the old ones point to them (R56)."""
    _must_pass_on(tx, context)
    known = colleagues.groups(tx)
    if asked.values is not None:
        found = [one for one in known if str(one.id) == asked.value("group")]
    elif asked.words:
        found = named([(one, (one.name, one.label, one.badge)) for one in known], asked.words)
    else:
        return _ask_where(tx, context, known)
    if not found:
        raise UnknownGroup(name=asked.words or asked.value("group"), known=", ".join(one.name for one in known))
    if len(found) > 1:
        return _ask_where(tx, context, found)
    return _move(tx, context, found[0])


def _move(tx: Tx, context: Context, to: Group) -> Answer:
    if to.id == context.conversation.group_id:
        raise SameGroup(group=to.badge)
    if to.id not in colleagues.groups_with_desk(tx):
        raise NoDesk(group=to.badge)
    name = _responsible(tx, context)
    moved = moves.regroup(context.conversation, context.operator, to.id, tx.now, responsible_name=name)
    before = team.group_by_id(tx, context.conversation.group_id)
    context.journal(tx, "moved to another group", before=before.name, after=to.name)
    words = Phrase("➡️ {by} moved this conversation to {group}. It goes on there.", by=context.operator.name, group=to.badge)
    _settle(tx, context, moved, words)
    return Answer(Phrase("Moved to {group}. It waits in Unassigned there.", group=to.badge))


def _settle(tx: Tx, context: Context, moved: Conversation, words: str) -> None:
    """Keep the move; what stands on the desks follows it. ``words`` are the last in threads that are left."""
    before = context.conversation
    conversations.save(tx, moved)
    if moved.group_id != before.group_id:
        regroup.move(tx, moved, team.group_by_id(tx, before.group_id), words)
    stay = [mirror for mirror in mirrors.of_conversation(tx, moved.id) if mirror.card_ref]
    for mirror in stay:
        spread.refresh_card(tx, mirror)
    if before.status is Status.CLOSED and stay:
        spread.topic_state(tx, moved, closed=False)


def _must_pass_on(tx: Tx, context: Context) -> None:
    """Refuse before anything is asked. Raises ``Blacklisted`` or ``NotYours``."""
    if context.conversation.blacklisted:
        raise Blacklisted
    moves.must_pass_on(context.conversation, context.operator, _responsible(tx, context))


def _responsible(tx: Tx, context: Context) -> str:
    return team.name_of(tx, context.conversation.operator_id) or Phrase("Another operator")


def _ask_whom(context: Context, known: list[Colleague], intro: str = "") -> Answer:
    return Answer(
        form=Form(
            verb=Verb.ASSIGN,
            token=token_of(context.conversation),
            title=Phrase("Assign"),
            intro=intro,
            fields=(
                ChoiceField(
                    name="operator", label=Phrase("Operator"), options=_options(known), lookup="" if intro else "operators"
                ),
            ),
            submit=Phrase("Assign"),
        )
    )


def _ask_where(tx: Tx, context: Context, known: list[Group]) -> Answer:
    open_ones = colleagues.groups_with_desk(tx) - {context.conversation.group_id}
    options = tuple(Option(str(one.id), one.badge) for one in known if one.id in open_ones)[:MOST_OFFERED]
    if not options:
        return Answer(Phrase("There is no other group that could take it."), refused=True)
    return Answer(
        form=Form(
            verb=Verb.GROUP,
            token=token_of(context.conversation),
            title=Phrase("Move to group"),
            fields=(ChoiceField(name="group", label=Phrase("Group"), options=options),),
            submit=Phrase("Move"),
        )
    )


def _options(known: list[Colleague]) -> tuple[Option, ...]:
    return tuple(Option(str(one.id), one.name) for one in known[:MOST_OFFERED])


def _colleagues(tx: Tx, by: Operator) -> list[Colleague]:
    """Whom this operator may choose: those of his groups; who manages conversations, or is in no group, anybody."""
    everybody = by.has(Permission.CONVERSATIONS_MANAGEMENT)
    return colleagues.active(tx, () if everybody else by.groups)


def _search(tx: Tx, desk: Desk, typed: str) -> list[Option]:
    """Operators to choose from while somebody types."""
    known = _colleagues(tx, desk.operator)
    met = [one for one in known if one.id != desk.operator.id and (begins(one.name, typed) or begins(one.email, typed))]
    return list(_options(met))


def _offered(tx: Tx, context: Context, action: Action) -> Button | None:
    """A button for those only who may pass the conversation on."""
    try:
        _must_pass_on(tx, context)
    except (Blacklisted, NotYours):
        return None
    return Button(action.verb, action.label, token_of(context.conversation), action.style)


VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {Verb.ASSIGN: assign, Verb.GROUP: group}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {}
RELABELLED |= {Verb.ASSIGN: _offered, Verb.GROUP: _offered}
LOOKUPS["operators"] = _search
