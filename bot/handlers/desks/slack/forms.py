"""A form as a modal with inputs, and what comes back from it.

A field's name stands behind the colon of its block's id. Limits and elements: https://docs.slack.dev/reference/block-kit
(options 100, option text 75, checkboxes 10, input 3000 characters; ``file_input`` in modals only, 10 MB, with files:read).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.files import packed
from bot.domain.phrase import Phrase
from bot.domain.screen import ChoiceField, Field, FileField, Form, Option, TextField
from bot.domain.text import RichText, storable
from bot.handlers.desks.slack.attachments import attachment
from bot.handlers.desks.slack.elements import fit, plain
from bot.handlers.desks.slack.text import to_blocks
from bot.handlers.desks.slack.updates import word
from bot.handlers.desks.slack.views import FORM, About, fresh_stamp, inputs_of, modal, state_of
from bot.languages import in_language

Json = dict[str, Any]

MAX_INPUT = 3000
MAX_LABEL = 2000
MAX_OPTION = 75
MAX_OPTIONS = 100
MAX_BOXES = 10
LOOK = "look"


def as_modal(form: Form, about: About, *, words: str = "", language: str = "") -> Json:
    """The modal. ``about`` names the place; what it is about is the form's own. ``words`` of an answer stand above.

    ``language`` is that of the few words added here.
    """
    stamp = fresh_stamp()
    intro = "\n".join(text for text in (words, form.intro) if text)
    blocks: list[Json] = to_blocks(RichText.plain(intro)) if intro else []
    for field in form.fields:
        blocks += _field(field, f"{stamp}:{field.name}", language)
    whole = About(form.data, about.room, about.thread)
    return modal(FORM, whole, form.title, blocks, submit=form.submit, close=in_language(Phrase("Cancel"), language))


def values_of(view: Json) -> dict[str, tuple[str, ...]]:
    """What was filled in, by field name; a field left empty has no values."""
    return {
        block_id.partition(":")[2]: tuple(_entered(entry))
        for block_id, entries in state_of(view).items()
        if isinstance(entries, dict)
        for entry in entries.values()
        if isinstance(entry, dict)
    }


def errors_at(view: Json, errors: Mapping[str, str]) -> dict[str, str]:
    """The errors by block id, as Slack shows them beside the fields; those of fields the view does not have are left out."""
    blocks = {_name(block): word(block, "block_id") for block in inputs_of(view)}
    return {blocks[name]: text for name, text in errors.items() if name in blocks}


def first_field(view: Json) -> str:
    """The block id of the first field, empty when there is none."""
    return next((word(block, "block_id") for block in inputs_of(view)), "")


def lookup_of(action_id: str) -> str:
    """The lookup a search field asks, by its action id; empty for others."""
    kind, _, rest = action_id.partition(":")
    return rest.partition(":")[0] if kind == LOOK else ""


def options(found: list[Option]) -> list[Json]:
    """Options as Slack takes them."""
    return [_option(one) for one in found[:MAX_OPTIONS]]


def _name(block: Json) -> str:
    return word(block, "block_id").partition(":")[2]


def _entered(entry: Json) -> list[str]:
    if isinstance(entry.get("selected_options"), list):
        return [word(one, "value") for one in entry["selected_options"] if isinstance(one, dict)]
    chosen = entry.get("selected_option")
    if isinstance(chosen, dict):
        return [word(chosen, "value")]
    if isinstance(entry.get("files"), list):
        return [packed(attachment(one)) for one in entry["files"] if isinstance(one, dict) and word(one, "id")]
    value = entry.get("value")
    return [value] if isinstance(value, str) else []


def _field(field: Field, block_id: str, language: str) -> list[Json]:
    if isinstance(field, ChoiceField) and not field.options and not field.lookup:
        nothing = Phrase("{field}: there is nothing to choose yet.", field=field.label)
        return to_blocks(RichText.plain(in_language(nothing, language)))
    element, more = _element(field), ""
    if isinstance(field, FileField) and field.value:
        more = Phrase("There is {file} now; leave this empty to keep it.", file=field.value)
    if isinstance(field, TextField) and len(field.value) > MAX_INPUT:
        more = Phrase("Only the first {number} characters find room here.", number=MAX_INPUT)
    hint = " ".join(line for line in (field.hint, in_language(more, language)) if line)
    block: Json = {"type": "input", "block_id": block_id, "label": plain(fit(field.label, MAX_LABEL)), "element": element}
    if hint:
        block["hint"] = plain(fit(hint, MAX_LABEL))
    return [{**block, "optional": True} if field.optional else block]


def _element(field: Field) -> Json:
    if isinstance(field, FileField):
        return {"type": "file_input", "action_id": "file", "max_files": 1}
    return _text(field) if isinstance(field, TextField) else _choice(field)


def _text(field: TextField) -> Json:
    element: Json = {
        "type": "plain_text_input",
        "action_id": "text",
        "multiline": field.many_lines,
        "max_length": max(1, min(field.longest, MAX_INPUT)),
    }
    if field.value:
        element["initial_value"] = storable(field.value)[: element["max_length"]]
    return element


def _choice(field: ChoiceField) -> Json:
    chosen = [_option(one) for one in field.options if one.value in field.chosen]
    if field.lookup:
        kind = "multi_external_select" if field.many else "external_select"
        asks = {"action_id": f"{LOOK}:{field.lookup}:{field.name}", "min_query_length": 0 if field.options else 1}
        return {"type": kind, **asks, **_initial(chosen, many=field.many)}
    few = field.many and len(field.options) <= MAX_BOXES
    kind = "checkboxes" if few else "multi_static_select" if field.many else "static_select"
    element = {"type": kind, "action_id": "pick", "options": options(list(field.options))}
    return {**element, **_initial(chosen, many=field.many)}


def _initial(chosen: list[Json], *, many: bool) -> Json:
    if not chosen:
        return {}
    return {"initial_options": chosen[:MAX_OPTIONS]} if many else {"initial_option": chosen[0]}


def _option(option: Option) -> Json:
    return {"text": plain(fit(storable(option.label), MAX_OPTION)), "value": option.value}
