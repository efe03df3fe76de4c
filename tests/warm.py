"""What the fork server does once for all the processes it makes (see ``tests/road/process.py``)."""

from __future__ import annotations

import gc
import ssl
from functools import cache

import certifi

ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]  # a quarter of a second each, three times in a process
ssl.create_default_context(cafile=certifi.where())
ssl.create_default_context()
gc.collect()
gc.freeze()  # a process that looks through what is here for garbage has to copy all of it first
