"""What a forked child does: the command line in a folder, with these settings and no others, its words in two files.

Light on purpose: the fork server has imported what the bot needs, so that a start takes tenths of a second.
"""

from __future__ import annotations

import os
import runpy
import sys


def work(words: list[str], environment: dict[str, str], folder: str, out: str, err: str) -> None:
    """``python -m bot WORDS``."""
    for name in [name for name in os.environ if name.startswith("RELAYDESK_") or name == "PORT"]:
        del os.environ[name]
    os.environ.update(environment)
    os.chdir(folder)
    for path, stream in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    sys.argv = ["bot", *words]
    runpy.run_module("bot", run_name="__main__")
