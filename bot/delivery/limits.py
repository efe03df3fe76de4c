"""What the platforms allow, as windows the relay spends from (lane → room → account). Sources beside each figure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.buckets import Window

POSTS = frozenset({"words", "card", "topic", "notice", "history", "document"})

PAIR_CREDIT_SECONDS = 270
"""WhatsApp lends a burst of 45 messages, and waits for them at one in six seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Posts allowed; 0 = no limit of ours, the platform's 429 still rules.

    ``forum_per_minute``   Telegram, all topics of a group together, a trailing minute (Bot API FAQ: 20)
    ``bot_per_second``     Telegram, all chats of a bot (FAQ: about 30)
    ``chat_per_second``    Telegram, a private chat (FAQ: 1, short bursts pass)
    ``room_per_second``    Slack, one room (rate-limits page: 1, short bursts pass)
    ``updates_per_minute`` Slack, ``chat.update`` in a workspace (tier 3: 50); ``reactions.add`` likewise
    ``homes_per_minute``   Slack, ``views.publish`` in a workspace (tier 4: 100)
    ``pair_per_minute``    WhatsApp, one client: one in 6 s, up to 45 at once on credit (Cloud API overview, pair rate limits)
    ``number_per_second``  WhatsApp, all clients of a number (throughput: 80)
    """

    forum_per_minute: int = 20
    bot_per_second: int = 30
    chat_per_second: int = 1
    room_per_second: int = 1
    updates_per_minute: int = 45
    homes_per_minute: int = 90
    pair_per_minute: int = 10
    number_per_second: int = 80

    def windows(self, port: str, chat: str, op: str, *, edit: bool) -> tuple[Window, ...]:
        """The windows one delivery spends. Every scope has one, so that a block of the platform has a place to stand."""
        edit = edit or op == "edit"
        if op == "fetch":
            return (Window(f"{port}:fetch", 0, 1.0),)
        if port == "telegram-desk":
            return self._forum(chat, op, edit=edit)
        if port == "telegram-channel":
            return (
                Window(f"{port}:{chat}:post", self.chat_per_second * 5, 5.0),
                Window("telegram-channel:account", self.bot_per_second, 1.0),
            )
        if port == "whatsapp":
            credit = self.pair_per_minute * PAIR_CREDIT_SECONDS // 60
            return (
                Window(f"{port}:{chat}:pair", credit, float(PAIR_CREDIT_SECONDS)),
                Window(f"{port}:account", self.number_per_second, 1.0),
            )
        if port == "http":  # each channel calls another system
            return (Window(f"{port}:{chat.partition(':')[0]}:calls", 0, 1.0),)
        if port == "slack":
            return self._room(chat, op, edit=edit)
        return (Window(f"{port}:account", 0, 1.0),)

    def _forum(self, chat: str, op: str, *, edit: bool) -> tuple[Window, ...]:
        account = Window("telegram-desk:account", self.bot_per_second, 1.0)
        if op == "remove":
            return (Window(f"telegram-desk:{chat}:remove", self.forum_per_minute, 60.0), account)
        if not chat.startswith("-"):  # an operator's private chat with the bot
            return (Window(f"telegram-desk:{chat}:post", self.chat_per_second * 5, 5.0), account)
        kind = "react" if op in ("mark", "react") else "edit" if edit or op in ("topic_state", "topic_name") else "post"
        return (Window(f"telegram-desk:{chat}:{kind}", self.forum_per_minute, 60.0), account)

    def _room(self, chat: str, op: str, *, edit: bool) -> tuple[Window, ...]:
        if op == "home":
            return (Window(f"slack:{chat}:home", 0, 1.0), Window("slack:account:homes", self.homes_per_minute, 60.0))
        if op in ("mark", "react"):
            return (Window(f"slack:{chat}:react", 0, 1.0), Window("slack:account:react", self.updates_per_minute, 60.0))
        if op == "remove":  # each takes away up to twenty posts
            a_minute = max(1, self.updates_per_minute // 20) if self.updates_per_minute else 0
            return (Window(f"slack:{chat}:remove", 0, 1.0), Window("slack:account:remove", a_minute, 60.0))
        if edit or op == "sweep":
            return (Window(f"slack:{chat}:update", 0, 1.0), Window("slack:account:update", self.updates_per_minute, 60.0))
        burst = 4
        return (Window(f"slack:{chat}:post", self.room_per_second * burst, float(burst)), Window("slack:account", 0, 1.0))
