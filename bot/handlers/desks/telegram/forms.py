"""Questions of a form as Telegram messages, and the buttons under them.

The buttons stand in a message of the person's own. Words are asked for by a second message with ``ForceReply`` in a topic
(a message has either an inline keyboard or a forced reply, https://core.telegram.org/bots/api#sendmessage), of which only a
reply is an answer. It begins with a sign no other post of ours begins with, so that a reply to it is known for one even
when the form is long over.
"""

from __future__ import annotations

from typing import Any

from bot.commands.asking import Key, Question
from bot.domain.phrase import Phrase, joined
from bot.domain.screen import ChoiceField, FileField, TextField
from bot.domain.text import utf16_len
from bot.handlers.desks.telegram.screens import NO_PREVIEW, Arguments, in_lines, key
from bot.handlers.shared.telegram_draft import LIMIT, Draft, clipped
from bot.languages import in_language

SIGN = "❓ "
_MARK = "?"
"""What the data of these buttons begins with; a verb's never does."""
_PLACEHOLDER = 64
WIDE = 20
"""Labels up to this length stand two in a line."""


def parse_key(data: str) -> tuple[Key, str] | None:
    """The button under a question and what it carries; None for a verb's button."""
    mark, _, rest = data.partition(":")
    if len(mark) != 2 or mark[0] != _MARK or mark[1] not in set(Key):
        return None
    return Key(mark[1]), rest


def _data(kind: Key, value: str = "") -> str:
    return f"{_MARK}{kind.value}:{value}"


def draw(question: Question, *, private: bool, language: str = "") -> Arguments:
    """The message with the buttons. ``private``: the answer is simply written, without a reply.

    ``language``: of the person, for our own words besides those of the form.
    """
    form, field = question.form, question.field
    draft = Draft().put(clipped(form.title, 200), "bold")
    if question.count > 1:
        draft.put(f"  {question.number}/{question.count}")
    if form.intro and question.number == 1:
        draft.put("\n").put(clipped(form.intro, 1000))
    if field is not None:
        if field.label != form.title:
            draft.put("\n\n").put(clipped(field.label, 300), "bold")
        if field.hint:
            draft.put("\n").put(clipped(field.hint, 500), "italic")
    if isinstance(field, TextField | FileField) and field.value:
        draft.put(f"\n{in_language(Phrase('Now:'), language)} ")
        draft.put(clipped(field.value, 1500), "code" if isinstance(field, TextField) else "")
    if question.typed:
        typed = clipped(question.typed, 100)
        found = typed if question.options else Phrase("{typed}: nothing found", typed=typed)
        draft.put("\n🔎 ").put(in_language(found, language))
    if question.error:
        draft.put("\n\n⚠️ ").put(clipped(question.error, 500), "bold")
    draft.put("\n\n").put(in_language(_how(question, private=private), language), "italic")
    keyboard = {"inline_keyboard": in_language(_keys(question), language)}
    return {**draft.arguments(), "link_preview_options": NO_PREVIEW, "reply_markup": keyboard}


def _how(question: Question, *, private: bool) -> str:
    field = question.field
    if field is None:
        return Phrase("Please confirm.")
    if isinstance(field, TextField):
        return Phrase("Write it here.") if private else Phrase("Write it as a reply to my question.")
    if isinstance(field, FileField):
        return Phrase("Send it here.") if private else Phrase("Send it as a reply to my question.")
    how = Phrase("Tick what applies, then press Done.") if field.many else Phrase("Press one of the buttons.")
    if not field.lookup:
        return how
    if private:
        return joined(" ", (how, Phrase("To search, write letters here.")))
    return joined(" ", (how, Phrase("To search, write letters as a reply to my question.")))


def _keys(question: Question) -> list[list[Arguments]]:
    field = question.field
    lines: list[list[Arguments]] = []
    if isinstance(field, ChoiceField):
        shown = [(_ticked(question, field, option.value) + option.label, option.value) for option in question.options]
        wide = any(utf16_len(label) > WIDE for label, _ in shown)
        lines += in_lines([key(label, _data(Key.PICK, value)) for label, value in shown], 1 if wide else 2)
        lines += _pages(question)
    below: list[Arguments] = []
    if field is None or (isinstance(field, ChoiceField) and field.many):
        below.append(key(question.form.submit if field is None else Phrase("Done"), _data(Key.DONE), "primary"))
    if _keeps(question):
        below.append(key(Phrase("Keep it"), _data(Key.KEEP)))
    if field is not None and field.optional and not _is_left_alone(question):
        below.append(key(Phrase("Leave empty") if _keeps(question) else Phrase("Skip"), _data(Key.SKIP)))
    below.append(key(Phrase("Cancel"), _data(Key.CANCEL)))
    return [*lines, *in_lines(below, 3)]


def _is_left_alone(question: Question) -> bool:
    """Whether another button says already that nothing is chosen: *Done*, or *Keep it* for a file."""
    field = question.field
    return (isinstance(field, ChoiceField) and field.many) or (isinstance(field, FileField) and bool(field.value))


def _keeps(question: Question) -> bool:
    field = question.field
    if isinstance(field, TextField | FileField):
        return bool(field.value)
    return isinstance(field, ChoiceField) and bool(field.chosen) and not field.many


def _ticked(question: Question, field: ChoiceField, value: str) -> str:
    if field.many:
        return "☑ " if value in question.picked else "☐ "
    return "✓ " if value in field.chosen else ""


def _pages(question: Question) -> list[list[Arguments]]:
    if question.pages < 2:
        return []
    line = [key("‹", _data(Key.PAGE, str(question.page - 1)))] if question.page else []
    if question.page + 1 < question.pages:
        line.append(key(f"{question.page + 2}/{question.pages} ›", _data(Key.PAGE, str(question.page + 1))))
    return [line]


def prompt(question: Question, person: dict[str, Any], language: str = "") -> Arguments:
    """The message to reply to in a topic, for this person alone (``selective`` with a mention)."""
    label = question.field.label if question.field is not None else question.form.title
    name = str(person.get("first_name") or in_language(Phrase("You"), language))
    draft = Draft().put(SIGN).put(clipped(name, 64), "text_mention", user={"id": person.get("id")})
    draft.put(in_language(Phrase(", please reply to this message: {label}", label=clipped(label, 300)), language))
    forced = {"force_reply": True, "selective": True, "input_field_placeholder": clipped(label, _PLACEHOLDER) or "…"}
    return {"text": clipped(draft.text, LIMIT), "entities": draft.entities, "reply_markup": forced}


def is_prompt(message: dict[str, Any], bot_id: int) -> bool:
    """Whether a message that was replied to is one of these questions, of whatever age and whoever's."""
    author = message.get("from")
    return isinstance(author, dict) and author.get("id") == bot_id and str(message.get("text", "")).startswith(SIGN.rstrip())
