"""A conversation as it goes by e-mail, and who may get it (R64, F55)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.errors import BadAddress, BadSubject, ManyAddresses
from bot.domain.files import File
from bot.domain.ids import Moment
from bot.domain.phrase import Phrase
from bot.domain.text import RichText, clean_name

MOST_ADDRESSES = 5
SUBJECT_LONGEST = 150
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said. ``kind`` is ``client``, ``operator`` or ``note``.

    ``author``  the name the client knows; a note's, its writer's
    ``file``    the file it bears, if its bytes are kept
    """

    kind: str
    author: str
    body: RichText
    at: Moment
    file: File | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What a letter tells.

    ``channel``  where the client writes, in words; ``group`` the group's label
    ``left_out`` how many older messages had no room
    """

    client: str
    channel: str
    group: str
    lines: tuple[Line, ...]
    left_out: int = 0


def default_subject(client: str) -> str:
    """What stands in the form before anybody changes it."""
    return Phrase("Conversation with {client}", client=clean_name(client))


def checked_subject(subject: str) -> str:
    """The subject, if it can be a header's one line (F55). Raises ``BadSubject``."""
    if not subject or len(subject) > SUBJECT_LONGEST or _BREAKS.search(subject):
        raise BadSubject(most=str(SUBJECT_LONGEST))
    return subject


def checked_addresses(words: str) -> tuple[str, ...]:
    """The addresses in a list with commas, each once, domains in ASCII. Raises ``BadAddress`` or ``ManyAddresses`` (F55)."""
    found: dict[str, str] = {}
    for word in words.split(","):
        if word.strip(" "):
            address = _address(word.strip(" "))
            found.setdefault(address.casefold(), address)
    if not found:
        raise BadAddress(address=clean_name(words) if words.strip() else "")
    if len(found) > MOST_ADDRESSES:
        raise ManyAddresses(most=str(MOST_ADDRESSES))
    return tuple(found.values())


def _address(word: str) -> str:
    local, at, domain = word.rpartition("@")
    try:
        ascii_domain = domain.lower() if domain.isascii() else domain.encode("idna").decode().lower()
    except UnicodeError:
        ascii_domain = ""
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(ascii_domain):
        raise BadAddress(address=clean_name(word))
    return f"{local}@{ascii_domain}"


def split_words(words: str) -> tuple[str, str]:
    """Typed ``ann@example.com, bob@example.com Subject words`` as the addresses and the subject, which may be empty."""
    rest = words.strip(" ")
    addresses: list[str] = []
    while rest:
        word, _, behind = rest.partition(" ")
        addresses.append(word)
        rest = behind.strip(" ")
        if not word.endswith(",") and not rest.startswith(","):
            break
    return " ".join(addresses), rest


def may_mail(address: str, *, domains: Iterable[str], known: Iterable[str]) -> bool:
    """Whether every operator may send a conversation there: an allowed domain, or an address that is ``known``."""
    return address.partition("@")[2].lower() in domains or address.casefold() in {one.casefold() for one in known}
