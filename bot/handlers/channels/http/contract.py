"""What goes over the wire, both ways. docs/http-channel.openapi.json is made from these by ``python -m tools.http_channel``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.domain.files import FileKind

Id = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\s\x00-\x1f]+$")]
Time = Annotated[int, Field(ge=0, description="Milliseconds since 1970 in UTC.")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Client(_Part):
    """Who writes. The id is yours, and the same for ever; the rest is shown to operators."""

    id: Id
    name: Annotated[str, Field(max_length=200)] = ""
    identifiers: Annotated[dict[str, str], Field(max_length=10)] = {}


class Upload(_Part):
    """A file that was uploaded before, by the number the upload was answered with."""

    upload: int
    kind: FileKind = FileKind.DOCUMENT


class MessageIn(_Part):
    """A client has written. Sent again with the same id it changes nothing."""

    type: Literal["message"]
    id: Id
    client: Client
    text: Annotated[str, Field(max_length=16_000)] = ""
    file: Upload | None = None
    reply_to: Annotated[str, Field(max_length=128)] = ""
    at: Time | None = None


class EditIn(_Part):
    """A client has changed a message."""

    type: Literal["edit"]
    id: Id
    client: Client
    text: Annotated[str, Field(max_length=16_000)]
    at: Time


class DeleteIn(_Part):
    """A client has deleted a message."""

    type: Literal["delete"]
    id: Id
    client: Client


class ReactionIn(_Part):
    """These are now all the client's reactions to a message."""

    type: Literal["reaction"]
    id: Id
    client: Client
    emoji: Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=20)]
    at: Time


class TypingIn(_Part):
    """A client types; shown for some seconds."""

    type: Literal["typing"]
    client: Client


class ReceiptIn(_Part):
    """What became of a message of ours, in any order."""

    type: Literal["receipt"]
    id: Id
    client: Client
    fate: Literal["delivered", "read", "failed"]
    reason: Annotated[str, Field(max_length=200)] = ""


EventIn = Annotated[MessageIn | EditIn | DeleteIn | ReactionIn | TypingIn | ReceiptIn, Field(discriminator="type")]
EVENT_IN: TypeAdapter[MessageIn | EditIn | DeleteIn | ReactionIn | TypingIn | ReceiptIn] = TypeAdapter(EventIn)


class Taken(_Part):
    """The answer to an event. ``new`` is false for one that was known already."""

    ok: bool = True
    new: bool


class Uploaded(_Part):
    """The answer to an upload."""

    upload: int
    name: str
    mime: str
    size: int


class Trouble(_Part):
    """Why something was not taken."""

    error: str


class FileOut(_Part):
    """Where a file can be fetched, without a signature, until ``expires``."""

    url: str
    expires: Time
    name: str
    mime: str
    size: int
    kind: FileKind


class MessageOut(_Part):
    """An operator has answered. ``author`` is the name the client is to see, which may be empty."""

    type: Literal["message"] = "message"
    id: str
    client: str
    author: str
    text: str
    file: FileOut | None = None
    reply_to: str = ""
    quote: str = ""


class EditOut(_Part):
    """An operator has changed a message."""

    type: Literal["edit"] = "edit"
    id: str
    client: str
    text: str


class DeleteOut(_Part):
    """An operator has deleted a message."""

    type: Literal["delete"] = "delete"
    id: str
    client: str


class ReactionOut(_Part):
    """These are now all the operators' reactions to a client's message."""

    type: Literal["reaction"] = "reaction"
    id: str
    client: str
    emoji: list[str]


EventOut = MessageOut | EditOut | DeleteOut | ReactionOut
EVENT_OUT: TypeAdapter[EventOut] = TypeAdapter(Annotated[EventOut, Field(discriminator="type")])
