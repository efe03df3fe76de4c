"""The copies of an erased client on the desks: when the last has gone, or can't go, whoever asked is told (R125)."""

from __future__ import annotations

from bot.domain.capabilities import DESKS
from bot.domain.phrase import Phrase, joined
from bot.languages import in_language
from bot.store import erasure, journal, outbox, team
from bot.store.erasure import Asker, Copy
from bot.store.lanes import Head
from bot.store.uow import Tx


def removed(tx: Tx, head: Head, left: int) -> None:
    """One copy is gone; ``left`` posts in it are other people's and stay."""
    erasure.note_left(tx, head.id, head.payload, left)
    ended(tx, head)


def ended(tx: Tx, head: Head) -> None:
    """One copy is gone, or stays for good."""
    tx.keep("erasures_ended")[head.payload["receipt"]] = True
    tx.at_end(_tell_ended)


def kept(tx: Tx, head: Head, reason: str) -> None:
    """A person has to mend something before this copy can go."""
    if "asker" in head.payload:
        platform = DESKS[head.payload["platform"]].name
        words = Phrase(
            "⏳ A copy of the erased conversation in {place} still waits to go. {reason}", place=platform, reason=reason
        )
        _tell(tx, Asker(*head.payload["asker"]), words)


def _tell_ended(tx: Tx) -> None:
    """At the end of the turn, when the ends of all its deliveries are written."""
    for receipt in tx.keep("erasures_ended"):
        copies = erasure.copies(tx, receipt)
        if any(copy.is_open for copy in copies):
            continue
        left, failed = sum(copy.left for copy in copies), [copy for copy in copies if copy.error]
        journal.add(
            tx,
            "copies removed",
            who="relaydesk",
            way="system",
            receipt=receipt,
            copies=len(copies),
            left=left,
            failed=len(failed),
        )
        asker = next((copy.asker for copy in copies if copy.asker is not None), None)
        if asker is not None:
            _tell(tx, asker, _words(copies, left, failed), [copy for copy in copies if copy.left or copy.error])
    outbox.flush(tx)


def _words(copies: list[Copy], left: int, failed: list[Copy]) -> str:
    if not left and not failed:
        return Phrase("🧹 The erasure is complete: all copies on the desks are gone.")
    gone = len(copies) - len(failed)
    lines: list[str] = [
        Phrase("🧹 The erasure has ended: {gone} of {all} copies on the desks are gone.", gone=gone, all=len(copies))
    ]
    if left:
        lines.append(
            Phrase(
                "In Slack {n} post that an operator wrote stays: "
                "a bot can't delete what people wrote. Please delete by hand what should go.",
                "In Slack {n} posts that operators wrote stay: "
                "a bot can't delete what people wrote. Please delete by hand what should go.",
                n=left,
            )
        )
    lines += [Phrase("In {place}: {reason}", place=DESKS[copy.thread.platform].name, reason=copy.error) for copy in failed]
    return joined("\n", lines)


def _tell(tx: Tx, asker: Asker, text: str, remaining: list[Copy] | None = None) -> None:
    jumps = [[copy.thread.platform, copy.thread.chat, copy.thread.thread] for copy in remaining or ()]
    language = team.language_of_person(tx, asker.port, asker.person)
    payload: dict[str, object] = {
        "text": in_language(text, language),
        "thread": "",
        "jumps": jumps,
        "buttons": [],
        "language": language,
    }
    outbox.privately(tx, asker.port, asker.person, payload)
