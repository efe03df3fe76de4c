"""Menus and forms in Telegram topics and in the bot's private chat, and that nothing said to them reaches a client."""

from __future__ import annotations

import random

from sqlalchemy import update

from bot.commands import asking
from bot.store import tables
from bot.store.uow import Tx
from tests.road.house import House
from tests.road.made_up import MadeUp, made_up
from tests.road.talk import add_guest, begin_taken
from tests.road.telegram_hands import labels

__all__ = ["made_up"]


async def test_a_long_form_is_asked_field_by_field_and_the_topic_stays_clean(house: House, made_up: MadeUp) -> None:
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    before = view.lines(talk.thread)
    shown = await view.chooses("olga", talk.thread, "Rename client")
    assert "Rename client  1/4" in shown
    assert "So that all know." in shown
    told = await view.fills("olga", talk.thread, name="Ann  of\nLeeds", Colour="Colour 9", fruit=["Apple", "Cherry"])
    assert "Saved as Ann of Leeds." in told
    assert made_up.got == [{"name": ("Ann of Leeds",), "colour": ("c9",), "fruit": ("fApple", "fCherry"), "why": ()}]
    await house.settled()
    assert view.lines(talk.thread) == before
    assert house.client_sees() == []
    assert [labels(one) for one in view.whispers("olga") if labels(one)] == []


async def test_what_is_wrong_is_asked_again_and_the_rest_is_kept(house: House, made_up: MadeUp) -> None:
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    await view.chooses("olga", talk.thread, "Rename client")
    told = await view.fills("olga", talk.thread, name="bad one", colour="Colour 1", fruit="Fig", why="two\nlines")
    assert told == "“bad one” can't be a name."
    told = await view.fills("olga", talk.thread, name="Good")
    assert "Saved as Good." in told
    assert made_up.got == [{"name": ("Good",), "colour": ("c1",), "fruit": ("fFig",), "why": ("two\nlines",)}]
    await talk.types("olga", "remember")
    assert await view.fills("olga", talk.thread, note="x" * 21) == "That is too long. At most 20 characters, please."
    assert "Kept." in await view.fills("olga", talk.thread, note="short")
    assert house.client_sees() == []


async def test_a_form_that_is_only_confirmed_and_one_that_is_cancelled(house: House, made_up: MadeUp) -> None:
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    shown = await view.chooses("olga", talk.thread, "Send to the black list…")
    assert "Sure?" in shown
    assert "Done." in await view.fills("olga", talk.thread)
    await view.chooses("olga", talk.thread, "Note on client")
    (prompt,) = await house.until(lambda: view.prompts(talk.thread))
    assert prompt["text"] == "❓ Olga, please reply to this message: What to remember"
    (question,) = [one for one in view.whispers("olga") if "Cancel" in labels(one)]
    await view.press_label("olga", question, "Cancel")
    await house.settled()
    assert view.prompts(talk.thread) == []
    assert [one for one in view.whispers("olga") if "Cancel" in labels(one)] == []
    assert made_up.got == [{}]


async def test_R60_a_verb_as_a_reply_is_about_the_message_replied_to(house: House, made_up: MadeUp) -> None:
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    card = view.posts(talk.thread)[0]["message_id"]
    view.replies("olga", talk.thread, "/tag refund", card)
    view.says("olga", talk.thread, "/tag later")  # every message of a topic replies to the topic's first
    await house.until(lambda: len(made_up.got) == 2)
    assert made_up.got == [{"words": ("refund",), "about": (str(card),)}, {"words": ("later",), "about": ()}]


async def test_F72_no_answer_to_a_question_ever_reaches_the_client(house: House, made_up: MadeUp) -> None:
    """The conversation is Olga's, so whatever is taken for words of hers goes out at once."""
    talk = await begin_taken(house, "telegram")
    view, telegram = house.telegram, house.box.telegram
    add_guest(house)
    house.box.faults.add("telegram", "delete*", "error", times=-1, error="Bad Request: message can't be deleted")
    await talk.types("olga", "remember")
    (prompt,) = await house.until(lambda: view.prompts(talk.thread))
    number = prompt["message_id"]
    for other in ("boris", "guest"):
        before = len(view.told(other))
        view.replies(other, talk.thread, f"secret of {other}", number)
        await house.until(lambda before=before, other=other: len(view.told(other)) > before)
    assert "question is over" in view.told("boris")[-1]
    assert "not a registered operator" in view.told("guest")[-1]
    view.replies("olga", talk.thread, "/close", number)
    await house.until(lambda: len(view.prompts(talk.thread)) == 2)
    number = view.prompts(talk.thread)[-1]["message_id"]
    telegram.send_photo(view.user("olga"), view.chat, "secret caption", thread=int(talk.thread), reply_to=number)
    await house.until(lambda: len(view.prompts(talk.thread)) == 3)
    await house.settled()
    first, number = view.prompts(talk.thread)[0]["message_id"], view.prompts(talk.thread)[-1]["message_id"]
    telegram.send(view.user("olga"), view.chat, "secret anonymous", int(talk.thread), reply_to=number, anonymous=True)
    view.replies("olga", talk.thread, "secret to an old question", first)
    view.replies("olga", talk.thread, "secret kept", number)
    await house.until(lambda: made_up.got == [{"note": ("secret kept",)}])
    view.replies("olga", talk.thread, "secret once more", number)
    whisper = view.whispers("olga")[-1]["ephemeral_message_id"]
    telegram.send(view.user("olga"), view.chat, "secret to a whisper", reply_to_ephemeral=whisper)
    telegram.send(view.user("olga"), view.chat, "/ secret", reply_to_ephemeral=whisper)
    view.says("olga", talk.thread, "plain words")
    await house.until(lambda: house.client_sees())
    await house.settled()
    assert house.client_sees() == ["Olga Ivanova\nplain words"]
    assert talk.copies() == [line for line in talk.copies() if "secret" not in line]
    assert "In progress" in view.card(talk.thread)


async def test_F72_fuzz_of_what_is_said_around_questions(house: House, made_up: MadeUp) -> None:
    talk = await begin_taken(house, "telegram")
    view, telegram = house.telegram, house.box.telegram
    house.box.faults.add("telegram", "delete*", "error", times=-1, error="Bad Request: message can't be deleted")
    dice = random.Random(72)
    plain: list[str] = []
    for number in range(40):
        match dice.choice(("form", "reply", "reply", "old", "whisper", "plain", "cancel", "colleague")):
            case "form":
                view.says("olga", talk.thread, dice.choice(("/remember", "/rename", "/blacklist", "/more")))
            case "reply" if view.prompts(talk.thread):
                text = dice.choice((f"secret {number}", "/skip", "/close", f"note: secret {number}", f"\\secret {number}"))
                view.replies("olga", talk.thread, text, view.prompts(talk.thread)[-1]["message_id"])
            case "old" if view.prompts(talk.thread):
                view.replies("olga", talk.thread, f"secret {number}", dice.choice(view.prompts(talk.thread))["message_id"])
            case "colleague" if view.prompts(talk.thread):
                view.replies("boris", talk.thread, f"secret {number}", view.prompts(talk.thread)[-1]["message_id"])
            case "whisper" if view.whispers("olga"):
                whisper = dice.choice(view.whispers("olga"))["ephemeral_message_id"]
                telegram.send(view.user("olga"), view.chat, f"secret {number}", reply_to_ephemeral=whisper)
            case "cancel":
                for one in view.whispers("olga"):
                    if "Cancel" in labels(one):
                        await view.press_label("olga", one, "Cancel")
                        break
            case "plain":
                plain.append(f"plain {number}")
                view.says("olga", talk.thread, plain[-1])
        if dice.random() < 0.5:
            await house.settled()
    view.says("olga", talk.thread, "the last")
    await house.until(lambda: any("the last" in text for text in house.client_sees()), 30)
    await house.settled()
    assert house.client_sees() == [f"Olga Ivanova\n{text}" for text in (*plain, "the last")]
    assert not any("secret" in line for line in talk.copies())


async def test_R6_who_is_no_operator_any_more_gets_no_further_in_a_form(house: House, made_up: MadeUp) -> None:
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    await view.chooses("boris", talk.thread, "Note on client")
    (prompt,) = await house.until(lambda: view.prompts(talk.thread))
    await house.settled()
    assert house.app is not None
    await house.app.store.write(lambda tx: switch_off(tx, "Boris Petrov"))
    view.replies("boris", talk.thread, "secret", prompt["message_id"])
    await house.until(lambda: any("not a registered operator" in told for told in view.told("boris")))
    assert made_up.got == []
    assert house.client_sees() == []


async def test_a_question_is_over_after_an_hour(house: House, made_up: MadeUp) -> None:
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    await talk.types("olga", "remember")
    (prompt,) = await house.until(lambda: view.prompts(talk.thread))
    await house.settled()
    assert house.app is not None
    await house.app.store.write(lambda tx: make_older(tx, asking.LASTS + 1))
    view.replies("olga", talk.thread, "too late", prompt["message_id"])
    await house.until(lambda: any("question is over" in told for told in view.told("olga")))
    assert made_up.got == []


async def test_where_nobody_can_be_whispered_to_a_question_stands_for_all(house: House, made_up: MadeUp) -> None:
    """A server older than 10.2, or somebody who is no member: then what is for one person is a normal message."""
    talk = await begin_taken(house, "telegram")
    view = house.telegram
    before = view.lines(talk.thread)
    receiver = {"ephemeral_message_parameters": {"receiver_user_id": view.user("olga")}}
    house.box.faults.add("telegram", "sendMessage", "error", times=-1, error="Bad Request: not there", match=receiver)
    view.says("olga", talk.thread, "/rename")
    await house.until(lambda: view.prompts(talk.thread))
    await house.settled()
    (question,) = [one for one in view.posts(talk.thread) if "Cancel" in labels(one)]
    await view.press_label("boris", question, "Cancel")
    assert "question is over" in view.telegram.toasts(user=view.user("boris"))[-1]["text"]
    assert "Saved as Ann." in await view.fills("olga", talk.thread, name="Ann", colour="Colour 2", fruit=["Date"])
    assert view.lines(talk.thread)[: len(before) + 1] == [*before, "Olga: /rename"]
    assert [one for one in view.posts(talk.thread) if "Cancel" in labels(one)] == []


def switch_off(tx: Tx, name: str) -> None:
    tx.execute(update(tables.operator).where(tables.operator.c.name == name).values(active=False))


def make_older(tx: Tx, milliseconds: int) -> None:
    tx.execute(update(tables.asking).values(at=tables.asking.c.at - milliseconds))
