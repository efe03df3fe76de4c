"""What the journal calls that which was done, as people read it: the store keeps it in English."""

from __future__ import annotations

from bot.domain.phrase import Phrase

DEEDS = (
    # with a conversation
    Phrase("arrived"),
    Phrase("reopened"),
    Phrase("started"),
    Phrase("taken over"),
    Phrase("closed"),
    Phrase("returned"),
    Phrase("assigned"),
    Phrase("moved to another group"),
    Phrase("wrote first"),
    Phrase("sent a held text"),
    Phrase("kept as a note"),
    Phrase("taken back"),
    Phrase("edited"),
    Phrase("deleted a message"),
    Phrase("not delivered"),
    Phrase("retried"),
    Phrase("tagged"),
    Phrase("untagged"),
    Phrase("asked for an e-mail"),
    Phrase("e-mailed"),
    Phrase("pinned"),
    Phrase("detached"),
    Phrase("sent to the black list"),
    Phrase("unlocked"),
    Phrase("renamed the client"),
    Phrase("noted on the client"),
    Phrase("deleted a note on the client"),
    Phrase("blocked us"),
    Phrase("unblocked us"),
    Phrase("has another number"),
    Phrase("refused"),
    # by the clock
    Phrase("reminded"),
    Phrase("returned by the clock"),
    Phrase("closed when idle"),
    Phrase("told that we are away"),
    Phrase("digest"),
    # with the house
    Phrase("possible loss"),
    Phrase("topic unconfirmed"),
    Phrase("mirror made anew"),
    Phrase("team applied"),
    Phrase("erased a client"),
    Phrase("copies removed"),
    # in the team
    Phrase("operator added"),
    Phrase("operator changed"),
    Phrase("role added"),
    Phrase("role changed"),
    Phrase("group added"),
    Phrase("group changed"),
    Phrase("channel added"),
    Phrase("channel changed"),
    Phrase("asked for a link code"),
    Phrase("linked"),
    Phrase("set quiet hours"),
    Phrase("made a canned response"),
    Phrase("changed a canned response"),
    Phrase("deleted a canned response"),
    Phrase("asked for a chart of tags"),
    Phrase("asked for a table of tags"),
)
_BY_WORDS: dict[str, Phrase] = {str(one): one for one in DEEDS}


def deed(what: str) -> str:
    """A fact of the journal, ``what`` the store calls it; a name nobody knows here stays as it is."""
    return _BY_WORDS.get(what, what)
