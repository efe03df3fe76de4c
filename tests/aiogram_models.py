"""aiogram with its models built, for tests that speak to the sandbox with them; import it before you use one.

The product leaves them unbuilt (``bot.handlers.shared.telegram_sdk``), and whoever of a run's tests comes first decides.
"""

from __future__ import annotations

import typing

from aiogram import types
from aiogram.client.default import Default

_NAMES = {**vars(typing), **{name: getattr(types, name) for name in types.__all__}, "Default": Default}

for _name in types.__all__:
    _model = getattr(types, _name)
    if hasattr(_model, "model_rebuild"):
        _model.model_rebuild(_types_namespace=_NAMES)
