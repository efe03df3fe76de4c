"""What a message is, in words, that is neither text nor file (the kinds: https://core.telegram.org/bots/api#message)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.domain.phrase import Phrase, joined

Message = dict[str, Any]

PASSED_ON = frozenset({"venue", "location", "contact"})
"""What an operator sends and a client gets in words."""
_HOW = """message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count sender_business_bot sender_tag
    date guest_query_id business_connection_id chat forward_origin is_topic_message is_automatic_forward reply_to_message
    external_reply quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user
    guest_bot_caller_chat edit_date has_protected_content is_from_offline is_paid_post media_group_id author_signature
    paid_star_count text entities link_preview_options suggested_post_info effect_id caption caption_entities
    show_caption_above_media has_media_spoiler reply_markup ephemeral_message_id receiver_user forward_from
    forward_from_chat forward_from_message_id forward_signature forward_sender_name forward_date"""
"""Fields that say how a message came, not what it is."""
_EVENTS = """new_chat_members new_chat_member left_chat_member chat_owner_left chat_owner_changed new_chat_title new_chat_photo
    delete_chat_photo group_chat_created supergroup_chat_created channel_chat_created message_auto_delete_timer_changed
    migrate_to_chat_id migrate_from_chat_id pinned_message successful_payment refunded_payment users_shared chat_shared gift
    unique_gift gift_upgrade_sent connected_website write_access_allowed passport_data proximity_alert_triggered boost_added
    chat_background_set checklist_tasks_done checklist_tasks_added direct_message_price_changed forum_topic_created
    forum_topic_edited forum_topic_closed forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden
    giveaway_created giveaway giveaway_winners giveaway_completed managed_bot_created paid_message_price_changed
    poll_option_added poll_option_deleted suggested_post_approved suggested_post_approval_failed suggested_post_declined
    suggested_post_paid suggested_post_refunded video_chat_scheduled video_chat_started video_chat_ended
    video_chat_participants_invited web_app_data"""
"""Events of the chat, said by nobody."""
_FRAME, _SERVICE = frozenset(_HOW.split()), frozenset(_EVENTS.split())


def describe(message: Message) -> str:
    """``📍 Location 52.5, 13.4``; empty when the message is words only or an event of the chat."""
    for kind, tell in KINDS.items():
        if (content := message.get(kind)) is not None:
            return tell(content if isinstance(content, dict) else {})
    unknown = message.keys() - _FRAME - _SERVICE
    if unknown and not message.keys() & _SERVICE and "text" not in message:
        return Phrase("❔ Something this desk can't show ({what})", what=", ".join(sorted(unknown)))
    return ""


def _venue(content: Message) -> str:
    return f"📍 {_line(content.get('title', ''))}, {_line(content.get('address', ''))} {_point(content.get('location'))}".strip()


def _location(content: Message) -> str:
    return _told(Phrase("📍 Location"), _point(content))


def _point(content: object) -> str:
    if not isinstance(content, dict):
        return ""
    return f"{content.get('latitude')}, {content.get('longitude')}"


def _contact(content: Message) -> str:
    name = " ".join(_line(content[part]) for part in ("first_name", "last_name") if content.get(part))
    return _told(Phrase("👤 Contact"), name, _line(content.get("phone_number", "")))


def _poll(content: Message) -> str:
    options = content.get("options") or []
    said = " / ".join(_line(option.get("text", "")) for option in options if isinstance(option, dict))
    return _told(Phrase("📊 Poll:"), _line(content.get("question", "")), said)


def _checklist(content: Message) -> str:
    tasks = content.get("tasks") or []
    said = " / ".join(_line(task.get("text", "")) for task in tasks if isinstance(task, dict))
    return f"☑️ {_line(content.get('title', ''))}: {said}"


def _dice(content: Message) -> str:
    return f"{_line(content.get('emoji', '🎲'))} {content.get('value', '')}".strip()


def _told(what: str, *more: str) -> str:
    return joined(" ", [what, *filter(None, more)])


def _line(value: object) -> str:
    return " ".join(str(value).split())


KINDS: dict[str, Callable[[Message], str]] = {
    # venue before location: the older field comes along with the newer
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "poll": _poll,
    "checklist": _checklist,
    "dice": _dice,
    "story": lambda _: Phrase("Forwarded story"),
    "game": lambda content: _told("🎮", _line(content["title"]) if "title" in content else Phrase("Game")),
    "paid_media": lambda _: Phrase("⭐ Paid media"),
    "invoice": lambda content: _told(Phrase("🧾 Invoice:"), _line(content.get("title", ""))),
}
