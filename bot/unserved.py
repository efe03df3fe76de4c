"""Where the team and the settings do not fit together: a desk without its token, a bot without its channel."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.handlers.shared.platform import Finding
from bot.store.spread import CHANNEL_PORTS
from bot.store.team import Channel, Desk

DESK_TOKENS = {
    "slack": ("Slack rooms", "RELAYDESK_SLACK__BOT_TOKEN", "docs/slack.md"),
    "telegram-desk": ("Telegram forums", "RELAYDESK_TELEGRAM__DESK_TOKEN", "docs/telegram.md"),
}
CHANNEL_TOKENS = {
    "telegram": ("RELAYDESK_TELEGRAM__CHANNEL_TOKEN", "docs/telegram.md"),
    "whatsapp": ("RELAYDESK_WHATSAPP__TOKEN", "docs/whatsapp.md"),
}


def unserved(desks: Collection[Desk], channels: Collection[Channel], ports: Collection[str]) -> Iterator[Finding]:
    """What stands in the team but is off, and what is on but stands nowhere in the team."""
    for port in sorted({desk.port for desk in desks} - set(ports)):
        what, setting, page = DESK_TOKENS[port]
        yield Finding(False, f"the team has {what}, but {setting} is not set", f"set it, see {page}")
    kinds = {channel.kind for channel in channels}
    for kind, (setting, page) in CHANNEL_TOKENS.items():
        if kind in kinds and CHANNEL_PORTS[kind] not in ports:
            yield Finding(False, f"the team has a channel of kind {kind}, but {setting} is not set", f"set it, see {page}")
        if kind not in kinds and CHANNEL_PORTS[kind] in ports:
            what = f"{setting} is set, but the team has no channel of kind {kind}, so what clients write there waits"
            yield Finding(False, what, f'add a [[channel]] with kind = "{kind}" to the team file')
