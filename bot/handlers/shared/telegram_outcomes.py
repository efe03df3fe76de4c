"""What an error of the Bot API means for a delivery.

Wordings: tdlib/telegram-bot-api ``Client.cpp`` (``fail_query_with_error``, ``check_chat_access``) and MTProto errors
that it hands on in capitals. A wording that is not known is a refusal for ever, with Telegram's own words.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.delivery.ports import Ambiguous, Outcome, Permanent, Retry, Sent, Unsupported
from bot.domain.phrase import Phrase
from bot.handlers.shared.telegram_api import GatewayError, NoMethod, surely_not_sent
from bot.handlers.shared.telegram_sdk import (
    AiogramError,
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)

TOKEN_PAUSE = 60.0
UNCHANGED = ("message is not modified", "topic_not_modified", "message_not_modified")
UNPARSED = "entit"  # "can't parse entities", "can't parse MessageEntity", ENTITY_BOUNDS_INVALID, ENTITIES_TOO_LONG

_GONE_THREAD = ("message thread not found", "topic_deleted", "topic_id_invalid")
_GONE_CHAT: tuple[tuple[str, Phrase], ...] = (
    ("chat not found", Phrase("The group is not there any more, or the bot was removed from it.")),
    ("peer_id_invalid", Phrase("The group is not there any more, or the bot was removed from it.")),
    ("channel_private", Phrase("The bot was removed from the group.")),
    ("bot was kicked", Phrase("The bot was removed from the group. Add it again as an administrator.")),
    ("bot is not a member", Phrase("The bot is not in the group. Add it as an administrator.")),
    ("group chat was deleted", Phrase("The group was deleted.")),
    ("group chat was deactivated", Phrase("The group was deleted or upgraded to another one.")),
    ("not a forum", Phrase("Topics are switched off in the group. Switch them on in the group's settings.")),
    ("channel_forum_missing", Phrase("Topics are switched off in the group. Switch them on in the group's settings.")),
    ("not enough rights", Phrase("The bot lacks a right in the group. Make it an administrator who may manage topics.")),
    ("need administrator rights", Phrase("The bot lacks a right in the group. Make it an administrator who may manage topics.")),
    ("chat_admin_required", Phrase("The bot lacks a right in the group. Make it an administrator who may manage topics.")),
    ("have no rights to send", Phrase("The bot may not write in the group. Make it an administrator.")),
    ("chat_write_forbidden", Phrase("The bot may not write in the group. Make it an administrator.")),
    ("chat_restricted", Phrase("The bot may not write in the group. Make it an administrator.")),
)
_BLOCKED: tuple[tuple[str, Phrase], ...] = (
    ("blocked by the user", Phrase("The client has blocked the bot.")),
    ("user is deactivated", Phrase("The client's Telegram account was deleted.")),
    ("can't initiate conversation", Phrase("The client has not started the bot, so it may not write first.")),
    ("bots can't send messages to bots", Phrase("The client is a bot, and bots can't write to bots.")),
    ("chat not found", Phrase("The client's chat is not there any more.")),
    ("peer_id_invalid", Phrase("The client's chat is not there any more.")),
    ("chat_write_forbidden", Phrase("The client has blocked the bot.")),
)
_BAD_TEXT = ("message text is empty", "text must be non-empty", "message is too long", "text is too long", "message_too_long")
_UNSUPPORTED = ("reaction_invalid", "reactions_too_many", "reaction_empty", "message to react not found")


class Outcomes:
    """Reads errors for one port. ``to_clients``: its chats are clients' private chats, not groups."""

    def __init__(self, *, to_clients: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._to_clients = to_clients
        self._clock = clock
        self._flood: tuple[str, float] | None = None

    def read(self, error: AiogramError, chat: str, *, creates: bool) -> Outcome:
        """The outcome of a call that failed.

        ``creates``: a repeat would show twice, so that an unknown end is ``Ambiguous`` and not ``Retry``.
        """
        if isinstance(error, TelegramRetryAfter):
            seconds = float(error.retry_after)
            return Retry(Phrase("Telegram asks to wait"), seconds, self._scope(chat, seconds), counted=False)
        if isinstance(error, TelegramMigrateToChat):
            moved = Phrase(
                "The group became a supergroup with the new id {id}. Put that id into the team file.", id=error.migrate_to_chat_id
            )
            return Permanent(moved, "chat_gone")
        if isinstance(error, TelegramUnauthorizedError | TelegramNotFound):
            # a malformed token is answered 404 "Not Found", a revoked one 401
            setting = "RELAYDESK_TELEGRAM__CHANNEL_TOKEN" if self._to_clients else "RELAYDESK_TELEGRAM__DESK_TOKEN"
            return Retry(
                Phrase("Telegram refuses the bot's token: set {setting} anew", setting=setting),
                TOKEN_PAUSE,
                "account",
                counted=False,
            )
        if isinstance(error, NoMethod):
            return Unsupported(Phrase("Telegram's server can't do this ({why}).", why=error.message))
        if isinstance(error, TelegramEntityTooLarge):
            return Permanent(Phrase("Telegram finds it too large"), "bad_text")
        if isinstance(error, TelegramNetworkError):
            if surely_not_sent(error):
                return Retry(Phrase("no connection to Telegram ({why})", why=error.message))
            return self._unknown(Phrase("the connection broke ({why})", why=error.message), creates=creates)
        if isinstance(error, TelegramServerError | ClientDecodeError):
            words = error.message if isinstance(error, TelegramServerError) else Phrase("answer not understood")
            return self._unknown(Phrase("Telegram failed ({why})", why=words), creates=creates)
        if isinstance(error, TelegramConflictError | GatewayError):
            return Retry(Phrase("Telegram did not take the call ({why})", why=error.message), 5.0, "account")
        if isinstance(error, TelegramAPIError):
            return self._refused(error)
        return Permanent(type(error).__name__)

    def _unknown(self, reason: str, *, creates: bool) -> Outcome:
        return Ambiguous(reason) if creates else Retry(reason)

    def _scope(self, chat: str, seconds: float) -> str:
        """Who must wait.

        A group has its own 20 a minute, one window each for posts, edits and reactions, which the relay keeps apart.
        In private chats the answer does not say whether the chat (1 a second) or the bot (30 a second) is meant: a
        second chat refused while the first still waits means the bot.
        """
        if not self._to_clients:
            return "chat"
        now = self._clock()
        before, self._flood = self._flood, (chat, now + seconds)
        return "account" if before is not None and before[0] != chat and now < before[1] else "chat"

    def _refused(self, error: TelegramAPIError) -> Outcome:
        words = error.message.casefold()
        if any(known in words for known in UNCHANGED):
            return Sent()
        if any(known in words for known in _GONE_THREAD):
            return Permanent(Phrase("The topic was deleted."), "thread_gone")
        code, table = ("blocked", _BLOCKED) if self._to_clients else ("chat_gone", _GONE_CHAT)
        for known, reason in table:
            if known in words:
                return Permanent(reason, code)
        if any(known in words for known in _UNSUPPORTED):
            return Unsupported(Phrase("The group does not allow this reaction."))
        if any(known in words for known in _BAD_TEXT) or is_unparsed(error):
            return Permanent(Phrase("Telegram does not take this text: {why}", why=short(error)), "bad_text")
        if isinstance(error, TelegramForbiddenError):
            return Permanent(short(error), code)
        return Permanent(short(error))


def is_unparsed(error: AiogramError) -> bool:
    """Whether Telegram stumbled over the formatting, so that plain text may still pass (F34)."""
    return isinstance(error, TelegramBadRequest) and UNPARSED in error.message.casefold()


def short(error: TelegramAPIError) -> str:
    """Telegram's words without the code before them."""
    return error.message.removeprefix("Bad Request: ").removeprefix("Forbidden: ")
