"""Which function carries out which verb. Each module names its own; here they come together, for every door."""

from __future__ import annotations

from collections.abc import Callable

from bot.commands import (
    admin,
    approving,
    assign,
    blacklist,
    canned,
    changes,
    clients,
    erase,
    inbox,
    journals,
    language,
    linking,
    lists,
    menu,
    outgoing,
    pins,
    search,
    tags,
    templates,
    timing,
    transcript,
)
from bot.commands.answer import Answer
from bot.commands.asked import Asked
from bot.commands.perform import Context, Desk
from bot.domain.actions import Verb
from bot.store.uow import Tx

OnConversation = Callable[[Tx, Context, Asked], Answer]
OnDesk = Callable[[Tx, Desk, Asked], Answer]

ON_CONVERSATION: dict[Verb, OnConversation] = {
    **inbox.VERBS,
    **menu.VERBS,
    **assign.VERBS,
    **clients.VERBS,
    **pins.VERBS,
    **blacklist.VERBS,
    **tags.VERBS,
    **canned.VERBS,
    **transcript.VERBS,
    **lists.VERBS,
    **changes.VERBS,
    **approving.VERBS,
}
"""Verbs about one conversation."""

ON_DESK: dict[Verb, OnDesk] = {
    **lists.DESK_VERBS,
    **outgoing.DESK_VERBS,
    **search.DESK_VERBS,
    **tags.DESK_VERBS,
    **templates.DESK_VERBS,
    **journals.DESK_VERBS,
    **admin.DESK_VERBS,
    **linking.DESK_VERBS,
    **timing.DESK_VERBS,
    **language.DESK_VERBS,
    **erase.DESK_VERBS,
}
"""Verbs about no single conversation."""
