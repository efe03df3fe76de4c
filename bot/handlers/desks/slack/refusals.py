"""What Slack's refusals mean for a delivery.

Error names: the "Errors" section of each method under https://docs.slack.dev/reference/methods, and
https://docs.slack.dev/apis/web-api/rate-limits for 429.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.delivery.ports import Ambiguous, Outcome, Permanent, Retry, Unsupported
from bot.domain.phrase import Phrase

AWAY_SECONDS = 5.0
"""How long to leave an account alone that can't be reached."""
REMEDY_SECONDS = 60.0
"""How long to wait for a person who has to mend the token or the scopes."""

NO_METHOD = "unknown_method"
RATE = frozenset(("ratelimited", "rate_limited", "message_limit_exceeded"))
BAD_TEXT = frozenset(
    (
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "block_mismatch",
        "invalid_attachments",
        "too_many_attachments",
        "invalid_arguments",
    )
)
"""Worth one try in plain text."""

THREAD_GONE = {
    "thread_not_found": Phrase("the thread is gone"),
    "message_not_found": Phrase("the message is gone"),
    "invalid_thread_ts": Phrase("there is no such thread"),
    "cannot_reply_to_message": Phrase("the thread can't be answered"),
    "restricted_action_thread_locked": Phrase("the thread is locked"),
    "thread_locked": Phrase("the thread is locked"),
    # The card was this bot's own: it was deleted and a stone keeps its place, or another app's token is in use now.
    "cant_update_message": Phrase("the card is no longer the bot's own"),
}
CHAT_GONE = {
    "channel_not_found": Phrase("Slack knows no such room, or it is private and the bot is not in it: /invite the bot there"),
    "is_archived": Phrase("the room is archived: unarchive it, or give the group another one"),
    "is_inactive": Phrase("the room is archived: unarchive it, or give the group another one"),
    "not_in_channel": Phrase("the bot is not in the room: /invite it there"),
}
ACCOUNT = {
    "invalid_auth": Phrase("Slack refuses the bot token: set RELAYDESK_SLACK__BOT_TOKEN anew"),
    "not_authed": Phrase("Slack got no bot token: set RELAYDESK_SLACK__BOT_TOKEN"),
    "token_revoked": Phrase("the bot token was revoked: reinstall the app and set RELAYDESK_SLACK__BOT_TOKEN anew"),
    "token_expired": Phrase("the bot token has expired: switch token rotation off in the app and reinstall it"),
    "account_inactive": Phrase(
        "the bot was removed from the workspace: reinstall the app and set RELAYDESK_SLACK__BOT_TOKEN anew"
    ),
    "not_allowed_token_type": Phrase("the token is of the wrong kind: set RELAYDESK_SLACK__BOT_TOKEN to the xoxb- token"),
    "team_access_not_granted": Phrase("the app has no access to this workspace: ask an admin of the organisation to grant it"),
    "access_denied": Phrase("Slack denies the app access: ask an admin of the workspace"),
    "ekm_access_denied": Phrase("the workspace's admins have suspended posting"),
    "org_login_required": Phrase("the workspace is being migrated"),
    "team_added_to_org": Phrase("the workspace is being migrated"),
}
NEVER = {
    "edit_window_closed": Phrase("the workspace forbids edits after a while: allow them for apps in its message settings"),
    "update_failed": Phrase("Slack could not change the message"),
    "user_not_in_channel": Phrase("the person is not in the room"),
    "user_not_found": Phrase("Slack knows no such person"),
    "too_many_emoji": Phrase("the message bears too many reactions"),
    "too_many_reactions": Phrase("the message bears too many reactions"),
    "not_reactable": Phrase("the message takes no reactions"),
    "invalid_name": Phrase("Slack knows no such emoji"),
    "restricted_action": Phrase("the workspace's settings forbid the bot to post there"),
    "restricted_action_read_only_channel": Phrase("the room is read-only for the bot"),
    "restricted_action_thread_only_channel": Phrase("only threads may be written in that room"),
    "restricted_action_non_threadable_channel": Phrase("that room has no threads"),
}
MAYBE_DONE = frozenset(("internal_error", "fatal_error", "service_unavailable", "failed_for_some_users"))
"""Slack: "It's possible some aspect of the operation succeeded before the error was raised." """
NOT_DONE = frozenset(("request_timeout", "invalid_json", "json_not_object", "invalid_post_type", "missing_post_type"))
"""Slack says that the request did not arrive whole."""


class Failed(Exception):
    """A call that did not do what was asked: ``outcome`` for the relay, ``code`` as Slack names it, if it named any."""

    def __init__(self, outcome: Outcome, code: str = "") -> None:
        super().__init__(code or type(outcome).__name__)
        self.outcome = outcome
        self.code = code


def refused(method: str, status: int, data: Any, headers: Mapping[str, str], *, creating: bool) -> Failed:
    """What an answer that is not ``ok`` means. ``creating``: to do it twice would show twice."""
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == 429 or code in RATE:
        scope = "chat" if method == "chat.postMessage" else "account"
        limit = Retry(Phrase("Slack's limit for {method}", method=method), after=_wait(headers), scope=scope, counted=False)
        return Failed(limit, code or "ratelimited")
    return Failed(_meaning(method, status, code, data, creating=creating), code)


def lost(reason: str, *, creating: bool) -> Failed:
    """The connection broke after the request may have left."""
    return Failed(Ambiguous(reason) if creating else Retry(reason))


def unreachable(reason: str) -> Failed:
    """No connection came about, so nothing was sent (F20). It is no fault of the message, so it is not counted."""
    return Failed(Retry(reason, after=AWAY_SECONDS, scope="account", counted=False))


def _meaning(method: str, status: int, code: str, data: Any, *, creating: bool) -> Outcome:
    if code == NO_METHOD:
        return Unsupported(Phrase("Slack's server can't do this ({method})", method=method))
    if code == "missing_scope":
        return _missing_scope(method, data)
    if code in ACCOUNT:
        return Retry(ACCOUNT[code], after=REMEDY_SECONDS, scope="account", counted=False)
    if code in CHAT_GONE:
        return Permanent(CHAT_GONE[code], "chat_gone")
    if code in THREAD_GONE:
        return Permanent(THREAD_GONE[code], "other" if method.startswith("reactions.") else "thread_gone")
    if code in BAD_TEXT:
        return Permanent(Phrase("Slack refuses the text ({code})", code=code), "bad_text")
    if code in NEVER:
        return Permanent(NEVER[code])
    if code in NOT_DONE:
        return Retry(Phrase("Slack did not get the whole request ({code})", code=code))
    if code in MAYBE_DONE or (not code and (status >= 500 or status < 400)):
        reason = Phrase("Slack is in trouble ({code})", code=code or status)
        return Ambiguous(reason) if creating else Retry(reason)
    if not code:
        return Retry(Phrase("Slack, or something before it, answered {status}", status=status), after=AWAY_SECONDS)
    return Permanent(Phrase("Slack refuses: {code}", code=code))


def _missing_scope(method: str, data: Any) -> Outcome:
    needed = str(data.get("needed") or "") or Phrase("a scope")
    remedy = Phrase("the app lacks {scope}: add it under OAuth & Permissions and reinstall the app", scope=needed)
    if method.startswith(("reactions.", "files.info")):
        return Permanent(remedy)  # a mark that can't be set, a file that can't be had, must not hold up what people wrote
    return Retry(remedy, after=REMEDY_SECONDS, scope="account", counted=False)


def _wait(headers: Mapping[str, str]) -> float:
    value = str(headers.get("retry-after", ""))
    return float(value) if value.isascii() and value.isdigit() else 30.0
