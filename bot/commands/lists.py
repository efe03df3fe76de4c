"""The tabs, their filters, and the preview of a conversation (R18-R23, R87)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.commands import inbox
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.lookup import LOOKUPS
from bot.commands.perform import Context, Desk
from bot.domain.actions import Button, Verb
from bot.domain.conversation import Conversation, Direction, Status
from bot.domain.errors import NotAllowed, StaleCard, UnknownTab
from bot.domain.ids import GroupId, OperatorId
from bot.domain.listing import BY_RIGHT, TITLES, Tab, View, back_to, headline, parse_view, said_row, state_line, tabs_for
from bot.domain.people import Operator
from bot.domain.permissions import Permission
from bot.domain.phrase import Phrase
from bot.domain.screen import ChoiceField, Form, Option, Screen
from bot.domain.tagging import shown
from bot.store import conversations, lists, messages, tags
from bot.store.messages import Message
from bot.store.uow import Tx

SHOWN = 20
"""Messages of a preview (R23)."""
EVERY = "-"
"""The value of a filter that lets everything through."""


def tab(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """A page of a tab: by button the one its token names, by word the one that is named, without words Unassigned."""
    view = _of_token(asked.token) if asked.token else View(tab=_of_words(desk.operator, asked.words))
    _allow(desk.operator, view)
    return Answer(screen=lists.screen(tx, desk.operator, view))


def _of_token(token: str) -> View:
    found = parse_view(token)
    if found is None:
        raise StaleCard
    return found


def _of_words(operator: Operator, words: str) -> Tab:
    wanted = words.strip().casefold()
    if not wanted:
        return Tab.UNASSIGNED
    for one in Tab:
        if wanted in (one.value, TITLES[one].casefold()):
            return one
    raise UnknownTab(word=words.strip(), known=", ".join(one.value for one in tabs_for(operator)))


def _allow(operator: Operator, view: View) -> None:
    if view.tab not in tabs_for(operator):
        raise NotAllowed(permission=Permission.TAB_ALL.value)


def narrow(tx: Tx, desk: Desk, asked: Asked) -> Answer:
    """Ask what to show only, then show that (R87)."""
    view = _of_token(asked.token)
    _allow(desk.operator, view)
    if asked.values is None:
        return Answer(form=_filters(tx, desk.operator, view))
    status = asked.value("status")
    chosen = replace(
        view,
        page=1,
        group=GroupId(found) if (found := _row(asked.value("group"))) else None,
        status=Status(status) if status in set(Status) else None,
        operator=OperatorId(found) if (found := _row(asked.value("operator"))) else None,
    ).narrowed()
    return Answer(screen=lists.screen(tx, desk.operator, chosen))


def _row(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 12 else None


def _filters(tx: Tx, operator: Operator, view: View) -> Form:
    groups = [Option(str(number), badge) for number, badge in lists.groups_to_filter(tx, operator)]
    fields = [_choice("group", Phrase("Group"), Phrase("Every group"), groups, view.group)]
    if view.tab is Tab.ALL:
        statuses = [
            Option(Status.UNASSIGNED, Phrase("Unassigned")),
            Option(Status.INBOX, Phrase("In progress")),
            Option(Status.CLOSED, Phrase("Closed")),
        ]
        fields.append(_choice("status", Phrase("Status"), Phrase("Every status"), statuses, view.status))
    if view.tab in BY_RIGHT:
        people = [Option(str(number), name) for number, name in lists.operators_to_filter(tx, operator)]
        fields.append(_choice("operator", Phrase("Operator"), Phrase("Every operator"), people, view.operator))
    title = Phrase("Filter: {tab}", tab=TITLES[view.tab])
    return Form(verb=Verb.FILTER, token=view.at(1).token, title=title, fields=tuple(fields), submit=Phrase("Show"))


def _choice(name: str, label: str, every: str, options: list[Option], chosen: object) -> ChoiceField:
    """A filter to pick; when there are more than a list can hold, they are found by typing."""
    return ChoiceField(
        name=name,
        label=label,
        options=(Option(EVERY, every), *options[:99]),
        chosen=(str(chosen) if chosen is not None else EVERY,),
        optional=True,
        lookup=f"list_{name}" if len(options) > 99 else "",
    )


def preview(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Read a conversation before taking it; to read alone changes nothing (R20, R23)."""
    conversation = context.conversation
    entry = replace(lists.entry_of(tx, conversation.id), conversation=conversation)  # as this transaction has it
    talk = [said for said in messages.latest(tx, conversation.id, SHOWN) if readable(tx, context.operator, said)]
    borne = {number: [tag.name for tag in found] for number, found in tags.of_messages(tx, [one.id for one in talk]).items()}
    return Answer(
        screen=Screen(
            title=headline(entry),
            intro=state_line(entry),
            rows=tuple(
                said_row(said.author, said.at, said.direction, said.body.to_plain(), shown(borne.get(said.id, ())))
                for said in talk
            ),
            empty=Phrase("Nothing has been said yet."),
            buttons=_under_preview(entry.conversation, back_to(asked.token)),
        )
    )


def readable(tx: Tx, operator: Operator, said: Message) -> bool:
    """Whether an operator may read it: a held text is its author's alone until silence makes it a note (R25)."""
    if said.direction is not Direction.HELD or said.author_id == operator.id:
        return True
    return said.at + tx.policy.held_note_after <= tx.now


def _under_preview(conversation: Conversation, back: Button) -> tuple[Button, ...]:
    token = f"{conversation.id}.{conversation.version}"
    found: list[Button] = []
    if not conversation.blacklisted and conversation.status is not Status.INBOX:
        found.append(Button(Verb.START, Phrase("Start conversation"), f"{token}.{back.token}", "primary"))
    if conversation.unseen:
        found.append(Button(Verb.MARK_READ, Phrase("Mark as read"), f"{token}.{back.token}"))
    found.append(back)
    return tuple(found)


def mark_read(tx: Tx, context: Context, asked: Asked) -> Answer:
    """Take the mark of unseen messages away (R20), and go on reading."""
    inbox.saw(tx, context.conversation)
    read = replace(context, conversation=conversations.by_id(tx, context.conversation.id))
    return preview(tx, read, asked)


def _operators(tx: Tx, desk: Desk, typed: str) -> list[Option]:
    found = [Option(str(number), name) for number, name in lists.operators_to_filter(tx, desk.operator, typed)]
    return found if typed else [Option(EVERY, Phrase("Every operator")), *found]


def _groups(tx: Tx, desk: Desk, typed: str) -> list[Option]:
    wanted = typed.casefold()
    groups = lists.groups_to_filter(tx, desk.operator)
    found = [Option(str(number), badge) for number, badge in groups if wanted in badge.casefold()]
    return found if typed else [Option(EVERY, Phrase("Every group")), *found]


LOOKUPS["list_operator"] = _operators
LOOKUPS["list_group"] = _groups

VERBS: dict[Verb, Callable[[Tx, Context, Asked], Answer]] = {Verb.PREVIEW: preview, Verb.MARK_READ: mark_read}
DESK_VERBS: dict[Verb, Callable[[Tx, Desk, Asked], Answer]] = {Verb.TAB: tab, Verb.FILTER: narrow}
