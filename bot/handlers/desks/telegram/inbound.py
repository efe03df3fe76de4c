"""What operators do in forum topics and in private, as commands: words, buttons, answers to questions, reactions."""

from __future__ import annotations

import re
from typing import Any

import structlog

from bot.commands import asking
from bot.commands.answer import Answer
from bot.commands.asking import Step
from bot.commands.changes import Rewrote, operator_changed
from bot.commands.context import Place
from bot.commands.desk import reachable
from bot.commands.notice import tell
from bot.commands.press import Pressed, pressed
from bot.commands.reply import Wrote
from bot.commands.seen import Reacted, reacted
from bot.commands.wrote import wrote
from bot.domain.actions import Verb, parse_press
from bot.domain.files import Attachment
from bot.domain.ids import Moment
from bot.domain.people import Actor
from bot.domain.phrase import Phrase
from bot.domain.text import RichText, storable
from bot.domain.words import typed_verb
from bot.handlers.desks.telegram import inline, private
from bot.handlers.desks.telegram.display import EPHEMERAL, Display, Spot, spot_of
from bot.handlers.desks.telegram.display import id_of as shown_id
from bot.handlers.desks.telegram.forms import is_prompt, parse_key
from bot.handlers.desks.telegram.screens import is_screen
from bot.handlers.shared.emoji_codes import emojize_tree
from bot.handlers.shared.jumps import Workspace
from bot.handlers.shared.telegram_api import BotApi
from bot.handlers.shared.telegram_commands import Commands
from bot.handlers.shared.telegram_files import attachment
from bot.handlers.shared.telegram_media import PASSED_ON, describe
from bot.handlers.shared.telegram_sdk import AiogramError
from bot.handlers.shared.telegram_text import from_entities
from bot.languages import in_language
from bot.store import mirrors
from bot.store.engine import Store
from bot.store.mirrors import Mirror
from bot.store.uow import Tx

log = structlog.get_logger(__name__)

PLATFORM = "telegram"
PORT = "telegram-desk"
HELLO = ("/start", "/help")
"""Words at which a person's commands are brought up to date."""
ANONYMOUS = Phrase(
    "You write as the group, so I can't tell who you are, and nothing was done with this message. "
    "Switch off “Remain anonymous” in your administrator's rights, then write again."
)
QUESTIONS = frozenset({Verb.SEND_TAKING, Verb.SEND_ONCE, Verb.KEEP_NOTE, Verb.RETRY, Verb.CANCEL_SEND})
"""Verbs of buttons that stand under a question and go with its answer."""
_COMMAND = re.compile(r"/\w+@(\w+)")

Json = dict[str, Any]


class TelegramDeskInbound:
    """Reads the kept updates of the forums and of the private chats with operators."""

    def __init__(self, api: BotApi, store: Store, commands: Commands | None = None, workspace: Workspace | None = None) -> None:
        self._api = api
        self._display = Display(api, store, workspace)
        self._commands = commands

    def apply(self, tx: Tx, payload: Json) -> Answer | None:
        """Do what the update asks. Plain words are answered through the outbox; the rest is for ``answer`` to show."""
        if message := _part(payload, "message"):
            return private.message(tx, message) if _is_private(message) else self._message(tx, message)
        if message := _part(payload, "edited_message"):
            self._edited(tx, message)
            return None
        if query := _part(payload, "callback_query"):
            return self._press(tx, query)
        if query := _part(payload, "inline_query"):
            return inline.offered(tx, query)
        if reaction := _part(payload, "message_reaction"):
            self._reaction(tx, reaction)
        elif change := _part(payload, "my_chat_member"):
            private.member(tx, change) if _is_private(change) else self._let_in(tx, change)
        return None

    async def answer(self, payload: Json, answer: Answer) -> None:
        """Show the person what came of it, and take a question away once it is decided. Best effort: a press grows old."""
        try:
            if isinstance(answer, inline.Offer):
                await self._call("answerInlineQuery", inline.arguments(_part(payload, "inline_query"), answer))
                return
            spot = spot_of(payload)
            if spot is not None:
                await self._shown(payload, spot, answer)
            elif query := _part(payload, "callback_query"):  # a button under a message sent by way of inline mode
                await self._call("answerCallbackQuery", {"callback_query_id": str(query.get("id", ""))})
        except AiogramError as error:
            log.info("an answer to a person was not delivered", why=str(error))
        except Exception:  # whatever it was, it was only about showing
            log.exception("an answer to a person could not be shown")

    async def _shown(self, payload: Json, spot: Spot, answer: Answer) -> None:
        data = str(_part(payload, "callback_query").get("data", ""))
        known = parse_press(data)
        decided = not answer.refused and known is not None and known[0] in QUESTIONS
        await self._display.show(spot, answer, leaves=decided)
        if decided and spot.pressed_id and not spot.screen_id:
            await self._display.bare(spot, spot.pressed_id)
        if parse_key(data) is not None and answer.refused and not isinstance(answer, Step) and spot.pressed_id:
            if spot.private:
                await self._display.bare(spot, spot.pressed_id)
            elif spot.pressed_id.startswith(EPHEMERAL):
                await self._display.take_away(spot, spot.pressed_id)
        if self._commands is not None and spot.private and str(_part(payload, "message").get("text", "")).startswith(HELLO):
            await self._commands.show_to(str(spot.person.get("id", "")))

    async def _call(self, method: str, arguments: Json) -> None:
        await self._api.call(method, arguments)

    def _message(self, tx: Tx, message: Json) -> Answer | None:
        """Words in a topic. The General topic, other bots and events of the chat are none of our business."""
        if moved := message.get("migrate_to_chat_id"):
            log.warning("a group has a new id; change it in the team file", old=_part(message, "chat").get("id"), new=moved)
        if not message.get("is_topic_message"):
            return None
        place = place_of(message)
        author, remote_id = _part(message, "from"), id_of(message)
        if message.get("sender_chat"):
            if mirror := mirrored_at(tx, place):
                tell(tx, PORT, place, in_language(ANONYMOUS, mirror.language), "", remote_id)
            return None
        if not author or author.get("is_bot"):
            return None
        person = str(author["id"])
        if self._is_for_a_question(tx, message, person):
            return self._answered(tx, message, place, person)
        file = attachment(message, PORT)
        if "text" in message or file is not None or message.keys() & PASSED_ON:
            return self._words(tx, message, place, person, file)
        if (what := describe(message)) and mirrored_at(tx, place):
            tell(tx, PORT, place, not_sent(what), person, remote_id)
        return None

    def _words(self, tx: Tx, message: Json, place: Place, person: str, file: Attachment | None) -> Answer | None:
        text = self._addressed(message)
        if text is None:
            return None
        actor = Actor(PLATFORM, person, "text")
        at = Moment(int(message.get("date", 0)) * 1000)
        files = (file,) if file is not None else ()
        answer = wrote(tx, Wrote(actor, place, id_of(message), text, at, replied_to(message), files=files))
        if answer is None or (answer.form is None and answer.screen is None):
            return None
        return asking.begin(tx, actor, place, answer)

    def _edited(self, tx: Tx, message: Json) -> None:
        """An operator changes what he wrote in a topic. A location that moves is no change of words."""
        author, moment = _part(message, "from"), message.get("edit_date")
        if not message.get("is_topic_message") or message.get("sender_chat") or not author or author.get("is_bot"):
            return
        person = str(author["id"])
        if not moment or "location" in message or self._is_for_a_question(tx, message, person):
            return
        text, file = self._addressed(message), attachment(message, PORT)
        if text is None or ("text" not in message and file is None):
            return
        actor, at = Actor(PLATFORM, person, "text"), Moment(int(moment) * 1000)
        operator_changed(tx, Rewrote(actor, place_of(message), id_of(message), text, at, file))

    def _is_for_a_question(self, tx: Tx, message: Json, person: str) -> bool:
        """Whether it can only be meant for a question of ours, so that no client may ever get it (F72).

        Such are replies to a question, of whatever age, also from another topic; and what is seen by the bot alone. People can
        send only commands so and replies to ephemeral messages, which need not tell what they reply to (td_api
        ``sendEphemeralMessage``; Bot API ``Message.reply_to_message``).
        """
        if is_prompt(_part(message, "reply_to_message"), self._api.id):
            return True
        if whisper := message.get("ephemeral_message_id") or _part(message, "reply_to_message").get("ephemeral_message_id"):
            return bool(whisper) and typed_verb(PLATFORM, str(message.get("text", ""))) is None
        if elsewhere := _part(message, "external_reply"):
            return asking.asked_in(tx, Actor(PLATFORM, person, "form"), str(elsewhere.get("message_id", "")))
        return False

    def _answered(self, tx: Tx, message: Json, place: Place, person: str) -> Answer | None:
        """An answer to a question: its value, or too late. What came of it is told here, the next question by ``answer``."""
        actor = Actor(PLATFORM, person, "form")
        reply_to = str(_part(message, "reply_to_message").get("message_id") or "")
        own_id = "" if message.get("ephemeral_message_id") else id_of(message)
        if _part(message, "external_reply"):
            answer = asking.over(tx, actor, place)
        else:
            text = str(message["text"]) if "text" in message else None
            answer = asking.written(tx, actor, place, text, own_id=own_id, reply_to=reply_to, file=attachment(message, PORT))
        if answer.text:
            tell(tx, PORT, place, answer.text, person, own_id if answer.refused else None)
        return answer if isinstance(answer, Step) else None

    def _let_in(self, tx: Tx, change: Json) -> None:
        """The bot came into a group, or got rights there (https://core.telegram.org/bots/api#chatmemberupdated)."""
        if _part(change, "new_chat_member").get("status") in ("member", "administrator"):
            reachable(tx, PLATFORM, str(_part(change, "chat").get("id", "")))

    def _addressed(self, message: Json) -> RichText | None:
        """The words; ``/close@our_bot`` without the name, None when it is a command for another bot."""
        if "text" in message:
            text, entities = str(message["text"]), message.get("entities")
        elif "caption" in message:
            text, entities = str(message["caption"]), message.get("caption_entities")
        else:
            what = "" if attachment(message, PORT) is not None else describe(message)
            return RichText.plain(storable(what))
        found = _COMMAND.match(text)
        if found is None:
            return emojize_tree(from_entities(text, entities))
        if self._api.username and found[1].lower() != self._api.username:
            return None
        return RichText.plain(text[: found.start(1) - 1] + text[found.end(1) :])

    def _press(self, tx: Tx, query: Json) -> Answer:
        message = _part(query, "message")
        person, place = str(_part(query, "from").get("id", "")), place_of(message)
        data = str(query.get("data", ""))
        if key := parse_key(data):
            return asking.keyed(tx, Actor(PLATFORM, person, "form"), place, *key, keys_id=shown_id(message))
        actor = Actor(PLATFORM, person, "button")
        answer = pressed(tx, Pressed(actor, place, str(message.get("message_id") or ""), data, own=_is_his(message)))
        return asking.begin(tx, actor, place, answer, shown_id(message) if _is_his(message) else "")

    def _reaction(self, tx: Tx, reaction: Json) -> None:
        """Reactions that were added or taken back; a custom emoji has no sign of its own, and is just a reaction."""
        user = _part(reaction, "user")
        if not user or user.get("is_bot"):
            return
        actor = Actor(PLATFORM, str(user["id"]), "reaction")
        chat, number = str(_part(reaction, "chat").get("id", "")), str(reaction.get("message_id", ""))
        old, new = reaction.get("old_reaction") or [], reaction.get("new_reaction") or []
        for one in [*(one for one in old if one not in new), *(one for one in new if one not in old)]:
            sign = str(one.get("emoji", "")) if isinstance(one, dict) else ""
            reacted(tx, Reacted(actor, PLATFORM, chat, number, sign, sign, added=one in new, at=_end_of(reaction.get("date"))))


def _end_of(second: Any) -> Moment:
    """The last moment of the second in which Telegram says it was."""
    return Moment(second * 1000 + 999 if isinstance(second, int) else 0)


def place_of(message: Json) -> Place:
    """The topic a message stands in; an empty thread is the General topic or no forum."""
    thread = message.get("message_thread_id", "") if message.get("is_topic_message") else ""
    return Place(PLATFORM, str(_part(message, "chat").get("id", "")), str(thread))


def mirrored_at(tx: Tx, place: Place) -> Mirror | None:
    """The mirror of a topic; in those that mirror no client the team talks among itself."""
    return mirrors.at(tx, place.platform, place.chat, place.thread)


def id_of(message: Json) -> str:
    """The message's id; ephemeral ones all have 0 and a number that is used again, so the time stands beside it."""
    if message["message_id"]:
        return str(message["message_id"])
    return f"e{message.get('ephemeral_message_id')}.{message.get('date')}"


def replied_to(message: Json) -> str:
    """The message that was replied to on purpose; every message in a topic also "replies" to the topic's first."""
    replied = _part(message, "reply_to_message")
    number = replied.get("message_id")
    if not number or number == message.get("message_thread_id") or "forum_topic_created" in replied:
        return ""
    return str(number)


def _is_his(message: Json) -> bool:
    """Whether the message under a finger is that person's own screen, which may become a question."""
    return bool(message.get("ephemeral_message_id")) or is_screen(message)


def _is_private(holder: Json) -> bool:
    return _part(holder, "chat").get("type") == "private"


def not_sent(what: str) -> str:
    """What an operator is told about something that is neither words nor a file."""
    return Phrase("This can't be passed on; the client did not get {what}", what=what)


def _part(holder: Json, name: str) -> Json:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}
