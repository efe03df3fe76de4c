"""One client under several ids of a channel: whose talk an id leads to, and what a new id changes (R101)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.conversation import Conversation
from bot.domain.phrase import Phrase
from bot.store import identities, journal, mirrors, spread, team
from bot.store.team import Channel
from bot.store.uow import Tx


def rung(tx: Tx, channel_kind: str, ids: Sequence[str], *, known_only: bool = False) -> str:
    """The id a client's conversation is kept under. ``ids`` are all the channel tells now, the surest first.

    A second id counts only where it does not belong to somebody with another first one: phone numbers are given to other people.
    What is new is kept, unless ``known_only``. Nobody known: the surest id itself.
    """
    channel = team.find_channel(tx, channel_kind, None)
    if channel is None:
        return ids[0]
    known = identities.known(tx, channel.id, ids)
    found = known.get(ids[0])
    if found is None:
        found = next((known[one] for one in ids[1:] if one in known), None)
        if found is None or any(_is_sure(one) for one in identities.of_client(tx, channel.id, found.client_id)):
            return ids[0]
    if not known_only:
        for one in ids:
            if one not in known or known[one].client_id != found.client_id:
                identities.add(tx, channel.id, found.client_id, one)
    return found.address


def _is_sure(one: str) -> bool:
    """Whether it is an id of the channel's own, no phone number."""
    return not one.isdigit()


def readdressed(tx: Tx, channel_kind: str, old: Sequence[str], fresh: Sequence[str]) -> None:
    """A client is to be reached under another id from now on; what waits goes there, and the desks are told."""
    channel = team.find_channel(tx, channel_kind, None)
    talk = identities.conversation_at(tx, channel.id, old) if channel is not None else None
    if channel is None or talk is None or talk.external_id in fresh:
        return
    _readdress(tx, channel, talk, fresh)


def _readdress(tx: Tx, channel: Channel, talk: Conversation, fresh: Sequence[str]) -> None:
    identities.readdress(tx, talk, channel.kind, spread.CHANNEL_PORTS[channel.kind], fresh[0])
    for one in fresh[1:]:
        identities.add(tx, channel.id, talk.client_id, one)
    journal.add(tx, "has another number", who="client", way=f"client:{channel.kind}", conversation_id=talk.id)
    if not talk.blacklisted:
        for mirror in mirrors.of_conversation(tx, talk.id):
            spread.notice(tx, mirror, Phrase("☎️ The client has another number now. You can go on as before."))
