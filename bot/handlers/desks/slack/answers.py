"""How a person in Slack is told what came of what he did: in the same response, in a modal, on the Home tab, or alone in a room.

A ``trigger_id`` opens one view within three seconds (https://docs.slack.dev/surfaces/modals); when that time is over, words
say so. Modals stand three on one another at most.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog

from bot.commands.answer import Answer
from bot.commands.press import MOVES
from bot.delivery.ports import Notice
from bot.domain.actions import BY_VERB
from bot.domain.phrase import Phrase
from bot.domain.screen import Screen
from bot.handlers.desks.slack import forms, screens
from bot.handlers.desks.slack.blocks import Message, draw_notice
from bot.handlers.desks.slack.interactions import ON_HOME, data_of, place_of, verb_of
from bot.handlers.desks.slack.updates import (
    is_direct,
    part,
    press_message,
    press_room,
    press_talk,
    pressed_action,
    thread_of,
    word,
)
from bot.handlers.desks.slack.views import (
    HOME,
    About,
    about_of,
    depth_of,
    fresh_stamp,
    words_home,
    words_modal,
)
from bot.handlers.desks.slack.wire import Failed, Wire
from bot.handlers.shared.jumps import Address, Workspace, address_of
from bot.languages import in_language

log = structlog.get_logger(__name__)

Json = dict[str, Any]
HomeOf = Callable[[str], Awaitable[Screen]]
"""What a Slack user's Home tab shows now."""

TOO_LATE = frozenset(("expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired", "trigger_exchanged"))
AGAIN = Phrase("Press again, please: Slack's time to open a window had run out.")
UNSHOWN = Phrase("Slack would not show the answer. Please press again.")
PRESS = Phrase("Press the button to fill it in.")
DEEPEST = 3
NOT_TOLD = (Failed, aiohttp.ClientError, TimeoutError, OSError)
"""What may go wrong on the way to Slack."""


def _about(payload: Json) -> About:
    """What a view that a press or a shortcut leads to is about: the verb, and the thread unless it is about none."""
    verb, view = verb_of(payload), part(payload, "view")
    data = data_of(payload) or f"{verb.value}:"
    if BY_VERB[verb].team:
        return About(data)
    if view:
        return About(data, about_of(view).room, about_of(view).thread)
    if not pressed_action(payload):
        return About(data, press_room(payload), thread_of(part(payload, "message")))
    place = place_of(payload)
    return About(data, place.chat, place.thread)


def _undrawn(language: str) -> str:
    """Words for an answer that can't be drawn, with the number it has in the log; called where the bug was caught."""
    number = secrets.randbelow(900_000) + 100_000
    log.exception("an answer can't be drawn", number=number)
    return in_language(Phrase("This was done, but it can't be shown here. Number {number}.", number=number), language)


def _in_place(view: Json, asked: About, shown: Json) -> bool:
    """Whether what a press in a modal led to takes its place: it was a menu, it is the same list or another page of it, or the
    press led away from a single conversation: back to the lists, or by moving it.
    """
    now = about_of(view).verb
    same = asked.verb is now or part(view, "title").get("text") == part(shown, "title").get("text")
    one = now is not None and not BY_VERB[now].team
    left = asked.verb is not None and (BY_VERB[asked.verb].team or asked.verb in MOVES)
    is_screen = word(shown, "callback_id") in (screens.LIST, screens.MENU)
    return word(view, "callback_id") != screens.LIST or (is_screen and same) or (one and left)


class Answers:
    """Gives answers their shape and place."""

    def __init__(self, wire: Wire, home_of: HomeOf, workspace: Workspace) -> None:
        self._wire = wire
        self._workspace = workspace
        self._home_of = home_of

    async def reply(self, payload: Json, answer: Answer | None) -> Json | str:
        """What the response to a slash command or to a sent form says; None answers a repeated command. Does not raise."""
        try:
            return await self._reply(payload, answer)
        except NOT_TOLD as error:
            log.info("an answer was not delivered", error=type(error).__name__, reason=str(error))
            return ""
        except Exception:  # a bug in drawing: what was asked is done all the same, so Slack's own error sign would be wrong
            language = answer.language if answer is not None else ""
            words = _undrawn(language)
            if word(payload, "type") == "view_submission":
                return {"response_action": "update", "view": words_modal(words, about_of(part(payload, "view")), language)}
            return {"response_type": "ephemeral", **draw_notice(Notice(words), fresh_stamp()).arguments("chat.postEphemeral")}

    async def _reply(self, payload: Json, answer: Answer | None) -> Json | str:
        if answer is None:
            return ""
        if word(payload, "type") == "view_submission":
            return await self._reply_to_form(payload, answer)
        if answer.form is not None:
            await self._open(payload, await self._view(About(""), answer, answer.text), answer.language)
            return ""
        shown = await self._message(payload, answer)
        return {"response_type": "ephemeral", **shown.arguments("chat.postEphemeral")} if shown else ""

    async def show(self, payload: Json, answer: Answer) -> None:
        """Show the answer to anything else, best effort."""
        try:
            try:
                await self._show(payload, answer)
            except NOT_TOLD:
                raise
            except Exception:  # a bug in drawing: the person is told at least that it was done
                await self._tell(payload, _undrawn(answer.language))
        except NOT_TOLD as error:
            log.info("an answer was not delivered", error=type(error).__name__, reason=str(error))

    async def _show(self, payload: Json, answer: Answer) -> None:
        view, event = part(payload, "view"), part(payload, "event")
        if word(event, "type") == "app_home_opened":
            await self._publish(word(event, "user"), answer)
        elif event:
            await self._under_words(payload, event, answer)
        elif word(view, "type") == HOME:
            await self._on_home(payload, answer)
        elif view:
            await self._in_modal(payload, view, answer)
        else:
            await self._by_message(payload, answer)

    # In the response ------------------------------------------------------------------------------------------------

    async def _reply_to_form(self, payload: Json, answer: Answer) -> Json:
        """Errors beside their fields keep the form open, and what was typed; so does a refusal."""
        view = part(payload, "view")
        about = about_of(view)
        beside = forms.errors_at(view, answer.errors)
        if answer.refused and not beside and not answer.errors and forms.first_field(view):
            beside = {forms.first_field(view): answer.text}
        if beside:
            return {"response_action": "errors", "errors": beside}
        if about.room == HOME and answer.screen is not None and verb_of(payload) in ON_HOME:
            await self._publish(word(part(payload, "user"), "id"), answer)
            return {"response_action": "clear"}
        words = answer.text or "\n".join(answer.errors.values())
        if not words and answer.screen is None and answer.form is None:
            return {"response_action": "clear"}
        return {"response_action": "update", "view": await self._view(about, answer, words)}

    # Afterwards -----------------------------------------------------------------------------------------------------

    async def _on_home(self, payload: Json, answer: Answer) -> None:
        """A list of another kind takes the tab's place; all else opens over it."""
        user, verb = word(part(payload, "user"), "id"), verb_of(payload)
        if answer.screen is not None and verb in ON_HOME:
            await self._publish(user, answer)
        elif answer.form is not None:
            await self._open(payload, await self._view(About("", HOME), answer, answer.text), answer.language)
        elif answer.screen is not None or answer.text:
            await self._open(payload, await self._view(About(data_of(payload)), answer, answer.text), answer.language)

    async def _in_modal(self, payload: Json, view: Json, answer: Answer) -> None:
        """What was asked for in a list opens over it; all else takes the modal's place."""
        if answer.screen is None and answer.form is None and not answer.text:
            return
        asked = _about(payload)
        shown = await self._view(asked, answer, answer.text)
        if not _in_place(view, asked, shown) and depth_of(view) < DEEPEST:
            try:
                await self._wire.call("views.push", {"trigger_id": word(payload, "trigger_id"), "view": shown})
                return
            except Failed as failed:
                log.info("a view could not be laid over another", reason=str(failed))
        await self._wire.call("views.update", {"view_id": word(view, "id"), "view": shown})

    async def _by_message(self, payload: Json, answer: Answer) -> None:
        """A button of a message, or a shortcut. A list that one person has in a message turns its pages there."""
        verb = verb_of(payload)
        screen = screens.screen_at(word(pressed_action(payload), "block_id"))
        if answer.screen is not None and screen is not None and screen[0] is verb:
            where = await self._addresses()
            shown = screens.as_message(answer.screen, verb, where, words=answer.text, language=answer.language)
            await self._respond(payload, shown, replace_original=True)
            return
        ended = screen is None or screen[1] == screens.MENU
        if not answer.refused and ended and answer.form is None and part(payload, "container").get("is_ephemeral"):
            # https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
            await self._wire.respond(word(payload, "response_url"), {"delete_original": True})
        if answer.screen is not None or answer.form is not None:
            await self._open(payload, await self._view(_about(payload), answer, answer.text), answer.language)
        elif answer.text:
            await self._tell(payload, answer.text)

    async def _under_words(self, payload: Json, event: Json, answer: Answer) -> None:
        """A typed verb's list or form, below the words in the thread or in direct messages; its text goes by the outbox."""
        shown = await self._message(payload, answer)
        if shown is None:
            return
        where = {"channel": word(event, "channel")}
        if word(event, "thread_ts"):
            where["thread_ts"] = word(event, "thread_ts")
        if is_direct(event):
            await self._wire.call("chat.postMessage", {**where, **shown.arguments("chat.postMessage")})
        else:
            whisper = {**where, "user": word(event, "user"), **shown.arguments("chat.postEphemeral")}
            await self._wire.call("chat.postEphemeral", whisper)

    # The means ------------------------------------------------------------------------------------------------------

    async def _view(self, about: About, answer: Answer, words: str) -> Json:
        """The answer as a modal."""
        if answer.form is not None:
            return forms.as_modal(answer.form, about, words=words, language=answer.language)
        if answer.screen is not None:
            where = await self._addresses()
            return screens.as_modal(answer.screen, about, where, words=words, language=answer.language)
        return words_modal(words, about, answer.language)

    async def _message(self, payload: Json, answer: Answer) -> Message | None:
        """The answer as a message; None when there is nothing to say."""
        if answer.form is not None:
            words = answer.text or answer.form.intro or in_language(PRESS, answer.language)
            return screens.button_message(answer.form.title, answer.form.data, words)
        if answer.screen is not None:
            where = await self._addresses()
            return screens.as_message(answer.screen, verb_of(payload), where, words=answer.text, language=answer.language)
        return draw_notice(Notice(answer.text), fresh_stamp()) if answer.text else None

    async def _publish(self, user: str, answer: Answer) -> None:
        if answer.refused:
            view = words_home(answer.text)
        else:
            screen, where = answer.screen or await self._home_of(user), await self._addresses()
            view = screens.as_home(screen, where, words=answer.text, language=answer.language)
        await self._wire.call("views.publish", {"user_id": user, "view": view})

    async def _open(self, payload: Json, view: Json, language: str) -> None:
        try:
            await self._wire.call("views.open", {"trigger_id": word(payload, "trigger_id"), "view": view})
        except Failed as failed:
            if failed.code not in TOO_LATE:
                log.warning("a modal was not opened", reason=str(failed))
            await self._tell(payload, in_language(AGAIN if failed.code in TOO_LATE else UNSHOWN, language))

    async def _tell(self, payload: Json, text: str) -> None:
        """Words for the person alone: in the thread or room where he acted, else in direct messages."""
        drawn = draw_notice(Notice(text), fresh_stamp())
        user, room = word(part(payload, "user"), "id") or word(payload, "user_id"), press_room(payload)
        if not press_message(payload) and word(payload, "response_url"):
            await self._respond(payload, drawn)
        elif not press_message(payload) or room.startswith("D"):
            await self._wire.call("chat.postMessage", {"channel": room or user, **drawn.arguments("chat.postMessage")})
        else:
            # Slack shows a whisper in a thread only once somebody has written there, so before that it goes into the room.
            thread = {"thread_ts": press_talk(payload)} if press_talk(payload) else {}
            whisper = {"channel": room, "user": user, **drawn.arguments("chat.postEphemeral"), **thread}
            try:
                await self._wire.call("chat.postEphemeral", whisper)
            except Failed:  # a room the bot is not in: a shortcut works everywhere
                await self._respond(payload, drawn)

    async def _respond(self, payload: Json, message: Message, **how: bool) -> None:
        shown = {"response_type": "ephemeral", **message.arguments("chat.postEphemeral"), **how}
        await self._wire.respond(word(payload, "response_url"), shown)

    async def _addresses(self) -> Address:
        workspace = await self._workspace.url()
        return lambda jump: address_of(jump, workspace)
