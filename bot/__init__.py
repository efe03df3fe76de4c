"""relaydesk: a chat-ops helpdesk bot."""

import sys

if "structlog" not in sys.modules and "rich" not in sys.modules:
    # structlog imports rich, and with it pygments, to colour tracebacks: 5 MB for each process that serves, and ours go to
    # files and collectors. It has no setting against that: ``structlog.dev``, which the package itself imports, tries the
    # import and does without where it fails. The command line, which draws progress bars with rich, still can.
    sys.modules["rich"] = None  # type: ignore[assignment]  # Python's own sign for "can't be imported"
    import structlog  # noqa: F401 - the first import decides

    del sys.modules["rich"]
