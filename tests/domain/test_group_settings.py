"""A group's settings survive the store, and what can't be read counts as not set."""

from __future__ import annotations

from bot.domain.group_settings import GroupSettings, Landing


def test_R55_what_was_set_is_read_back_and_defaults_are_not_kept() -> None:
    assert GroupSettings().to_json() == "{}"
    some = GroupSettings(assign_lands_in=Landing.UNASSIGNED, recall_seconds=5, away_text="Мы спим")
    assert some.to_json() == '{"assign_lands_in": "unassigned", "away_text": "Мы спим", "recall_seconds": 5}'
    assert GroupSettings.from_json(some.to_json()) == some


def test_what_is_unknown_or_of_a_wrong_kind_counts_as_not_set() -> None:
    assert GroupSettings.from_json("") == GroupSettings.from_json("[]") == GroupSettings()
    odd = '{"assign_lands_in": "moon", "recall_seconds": "5", "hours": null, "close_minutes": true, "digest_at": "09:00", "x": 1}'
    assert GroupSettings.from_json(odd) == GroupSettings(digest_at="09:00")
