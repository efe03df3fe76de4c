"""What Slack's refusals mean for a delivery.

Error names: the "Errors" section of each method under https://docs.slack.dev/reference/methods, and
https://docs.slack.dev/apis/web-api/rate-limits for 429.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.delivery.ports import Ambiguous, Outcome, Permanent, Retry

AWAY_SECONDS = 5.0
"""How long to leave an account alone that can't be reached."""
REMEDY_SECONDS = 60.0
"""How long to wait for a person who has to mend the token or the scopes."""

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
    "thread_not_found": "the thread is gone",
    "message_not_found": "the message is gone",
    "invalid_thread_ts": "there is no such thread",
    "cannot_reply_to_message": "the thread can't be answered",
    "restricted_action_thread_locked": "the thread is locked",
    "thread_locked": "the thread is locked",
    # The card was this bot's own: it was deleted and a stone keeps its place, or another app's token is in use now.
    "cant_update_message": "the card is no longer the bot's own",
}
CHAT_GONE = {
    "channel_not_found": "Slack knows no such room, or it is private and the bot is not in it: /invite the bot there",
    "is_archived": "the room is archived: unarchive it, or give the group another one",
    "is_inactive": "the room is archived: unarchive it, or give the group another one",
    "not_in_channel": "the bot is not in the room: /invite it there",
}
ACCOUNT = {
    "invalid_auth": "Slack refuses the bot token: set RELAYDESK_SLACK__BOT_TOKEN anew",
    "not_authed": "Slack got no bot token: set RELAYDESK_SLACK__BOT_TOKEN",
    "token_revoked": "the bot token was revoked: reinstall the app and set RELAYDESK_SLACK__BOT_TOKEN anew",
    "token_expired": "the bot token has expired: switch token rotation off in the app and reinstall it",
    "account_inactive": "the bot was removed from the workspace: reinstall the app and set RELAYDESK_SLACK__BOT_TOKEN anew",
    "not_allowed_token_type": "the token is of the wrong kind: set RELAYDESK_SLACK__BOT_TOKEN to the xoxb- token",
    "team_access_not_granted": "the app has no access to this workspace: ask an admin of the organisation to grant it",
    "access_denied": "Slack denies the app access: ask an admin of the workspace",
    "ekm_access_denied": "the workspace's admins have suspended posting",
    "org_login_required": "the workspace is being migrated",
    "team_added_to_org": "the workspace is being migrated",
}
NEVER = {
    "edit_window_closed": "the workspace forbids edits after a while: allow them for apps in its message settings",
    "update_failed": "Slack could not change the message",
    "user_not_in_channel": "the person is not in the room",
    "user_not_found": "Slack knows no such person",
    "too_many_emoji": "the message bears too many reactions",
    "too_many_reactions": "the message bears too many reactions",
    "not_reactable": "the message takes no reactions",
    "invalid_name": "Slack knows no such emoji",
    "restricted_action": "the workspace's settings forbid the bot to post there",
    "restricted_action_read_only_channel": "the room is read-only for the bot",
    "restricted_action_thread_only_channel": "only threads may be written in that room",
    "restricted_action_non_threadable_channel": "that room has no threads",
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
        limit = Retry(f"Slack's limit for {method}", after=_wait(headers), scope=scope, counted=False)
        return Failed(limit, code or "ratelimited")
    return Failed(_meaning(method, status, code, data, creating=creating), code)


def lost(reason: str, *, creating: bool) -> Failed:
    """The connection broke after the request may have left."""
    return Failed(Ambiguous(reason) if creating else Retry(reason))


def unreachable(reason: str) -> Failed:
    """No connection came about, so nothing was sent (F20). It is no fault of the message, so it is not counted."""
    return Failed(Retry(reason, after=AWAY_SECONDS, scope="account", counted=False))


def _meaning(method: str, status: int, code: str, data: Any, *, creating: bool) -> Outcome:
    if code == "missing_scope":
        return _missing_scope(method, data)
    if code in ACCOUNT:
        return Retry(ACCOUNT[code], after=REMEDY_SECONDS, scope="account", counted=False)
    if code in CHAT_GONE:
        return Permanent(CHAT_GONE[code], "chat_gone")
    if code in THREAD_GONE:
        return Permanent(THREAD_GONE[code], "other" if method.startswith("reactions.") else "thread_gone")
    if code in BAD_TEXT:
        return Permanent(f"Slack refuses the text ({code})", "bad_text")
    if code in NEVER:
        return Permanent(NEVER[code])
    if code in NOT_DONE:
        return Retry(f"Slack did not get the whole request ({code})")
    if code in MAYBE_DONE or (not code and (status >= 500 or status < 400)):
        reason = f"Slack is in trouble ({code or status})"
        return Ambiguous(reason) if creating else Retry(reason)
    if not code:
        return Retry(f"Slack, or something before it, answered {status}", after=AWAY_SECONDS)
    return Permanent(f"Slack refuses: {code}")


def _missing_scope(method: str, data: Any) -> Outcome:
    needed = data.get("needed") or "a scope"
    remedy = f"the app lacks {needed}: add it under OAuth & Permissions and reinstall the app"
    if method.startswith(("reactions.", "files.info")):
        return Permanent(remedy)  # a mark that can't be set, a file that can't be had, must not hold up what people wrote
    return Retry(remedy, after=REMEDY_SECONDS, scope="account", counted=False)


def _wait(headers: Mapping[str, str]) -> float:
    value = str(headers.get("retry-after", ""))
    return float(value) if value.isascii() and value.isdigit() else 30.0
