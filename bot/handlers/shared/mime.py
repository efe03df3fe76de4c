"""What a file is by its first bytes, never by its name (F60)."""

from __future__ import annotations

from pathlib import PurePosixPath

LOOKED_AT = 16 * 1024
PROGRAMS = frozenset(
    {
        "application/vnd.microsoft.portable-executable",
        "application/x-msdownload",
        "application/x-executable",
        "application/x-mach-binary",
        "application/x-iso9660-appimage",
        "application/vnd.android.package-archive",
        "application/x-ms-shortcut",
        "application/x-msi",
    }
)
PROGRAM_STARTS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa",
    b"\xcf\xfa\xed\xfe",
    b"#!",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
"""Windows, Linux and macOS programs, scripts, Windows shortcuts."""
PROGRAM_SUFFIXES = frozenset(
    {
        ".apk",
        ".app",
        ".bat",
        ".cmd",
        ".com",
        ".cpl",
        ".exe",
        ".hta",
        ".jar",
        ".js",
        ".jse",
        ".lnk",
        ".msc",
        ".msi",
        ".ps1",
        ".reg",
        ".scr",
        ".sh",
        ".vb",
        ".vbe",
        ".vbs",
        ".wsf",
    }
)
"""What a system runs when the name is pressed. From Microsoft's list of blocked attachments, the common ones."""
UNKNOWN = "application/octet-stream"
_MUST_SHOW = ("image/", "video/", "audio/", "application/pdf", "text/html")
"""Types whose bytes tell; a file that only claims to be one is none."""


def of_content(head: bytes, declared: str) -> str:
    """The MIME type: what ``head``, the first bytes, show; ``declared`` where they allow it."""
    import puremagic  # not until there is a file: it reads a table of a thousand types

    declared = declared.partition(";")[0].strip().lower()
    try:
        seen = [match.mime_type for match in puremagic.magic_string(head) if match.mime_type]
    except (puremagic.PureError, ValueError):
        seen = []
    if not seen:
        if _is_text(head):
            return declared if declared.startswith("text/") and declared != "text/html" else "text/plain"
        return UNKNOWN if not declared or declared.startswith(_MUST_SHOW) else declared
    if declared in seen or any(declared and _family(declared) == _family(one) != "application" for one in seen):
        return declared
    return str(seen[0])


def is_html(head: bytes) -> bool:
    """Whether it is a web page: what a platform shows to those it does not let in."""
    begins = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return begins.startswith((b"<!doctype html", b"<html"))


def is_program(head: bytes, mime: str, name: str) -> bool:
    """Whether a system would run it."""
    return mime in PROGRAMS or head.startswith(PROGRAM_STARTS) or PurePosixPath(name.lower()).suffix in PROGRAM_SUFFIXES


def _family(mime: str) -> str:
    return mime.partition("/")[0]


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3  # cut in the middle of a character
    return True
