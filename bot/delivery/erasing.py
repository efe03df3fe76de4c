"""The copies of an erased client on the desks: when the last has gone, or can't go, whoever asked is told (R125)."""

from __future__ import annotations

from bot.domain.capabilities import DESKS
from bot.store import erasure, journal, outbox
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
        _tell(
            tx, Asker(*head.payload["asker"]), f"⏳ A copy of the erased conversation in {platform} still waits to go. {reason}"
        )


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
        return "🧹 The erasure is complete: all copies on the desks are gone."
    lines = [f"🧹 The erasure has ended: {len(copies) - len(failed)} of {len(copies)} copies on the desks are gone."]
    if left:
        posts = "1 post that an operator wrote stays" if left == 1 else f"{left} posts that operators wrote stay"
        lines.append(f"In Slack {posts}: a bot can't delete what people wrote. Please delete by hand what should go.")
    lines += [f"In {DESKS[copy.thread.platform].name}: {copy.error}" for copy in failed]
    return "\n".join(lines)


def _tell(tx: Tx, asker: Asker, text: str, remaining: list[Copy] | None = None) -> None:
    jumps = [[copy.thread.platform, copy.thread.chat, copy.thread.thread] for copy in remaining or ()]
    payload: dict[str, object] = {"text": text, "thread": "", "jumps": jumps, "buttons": []}
    outbox.privately(tx, asker.port, asker.person, payload)
