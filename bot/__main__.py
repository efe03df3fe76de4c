"""The command line: ``python -m bot …``. Everything that stops a start says so in one line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from bot.logs import setup
from config.settings import Settings, SettingsError, load
from config.team import TeamFileError

HELP = "relaydesk: client conversations in Slack threads and Telegram topics."
cli = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False)


def main() -> None:
    """Run the command line; known mistakes end in one line and exit code 2."""
    cli(prog_name="python -m bot")


def _fail(words: str) -> NoReturn:
    print(f"relaydesk: {words}", file=sys.stderr)  # noqa: T201 - this is the command line talking
    raise typer.Exit(2)


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - this is the command line talking


def _go(work: Callable[[Settings], Awaitable[int | None]]) -> None:
    """Read the settings, set up the log, run ``work`` on uvloop, turn known mistakes into one line."""
    import uvloop

    from bot.handlers.web import PortTaken
    from bot.records import NotOne
    from bot.store.engine import StoreError

    try:
        settings = load()
        setup(settings.log.level, settings.log.format, settings.secrets())
        code = uvloop.run(_awaited(work(settings)))
    except (SettingsError, TeamFileError, StoreError, PortTaken, NotOne) as mistake:
        _fail(str(mistake))
    raise typer.Exit(code or 0)


async def _awaited(work: Awaitable[int | None]) -> int | None:
    return await work


def _serve(part_name: str) -> None:
    async def work(settings: Settings) -> None:
        from bot.app import Part, run_until_signal

        await run_until_signal(settings, Part[part_name])

    _go(work)


@cli.command()
def run() -> None:
    """Everything in one process; needs no public address."""
    _serve("ALL")


@cli.command()
def web() -> None:
    """HTTP only: Slack events, webhooks, the widget, health and figures (PostgreSQL)."""
    _serve("WEB")


@cli.command()
def worker() -> None:
    """Reads what came in and sends what must go out; any number (PostgreSQL)."""
    _serve("WORKER")


@cli.command()
def clock() -> None:
    """Timers; any number, one leads (PostgreSQL)."""
    _serve("CLOCK")


@cli.command()
def migrate() -> None:
    """Bring the database's tables to this version."""

    async def work(settings: Settings) -> None:
        from bot.store.migrate import migrate as bring
        from bot.store.migrate import revisions

        url = settings.database_url.get_secret_value()
        await bring(url)
        _say(f"The database is at revision {(await revisions(url))[0]}.")

    _go(work)


@cli.command()
def apply(
    team_file: Annotated[Path | None, typer.Argument(help="By default RELAYDESK_TEAM_FILE.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the difference.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, also where it undoes what people set at run time.")] = False,
    export: Annotated[bool, typer.Option("--export", help="Instead print the team as it is now, as a team file.")] = False,
) -> None:
    """Show how the team differs from what the file says, and bring it there."""

    async def work(settings: Settings) -> int:
        from bot.beside import apply_file, present_team

        if export:
            _say((await present_team(settings)).rstrip())
            return 0
        file = team_file or settings.team_file
        if file is None:
            raise TeamFileError("there is no team file: name one, or set RELAYDESK_TEAM_FILE")
        shown = await apply_file(settings, file)
        for line in shown.changes or ("Nothing to change.",):
            _say(line)
        if not dry_run and shown.changes and _agreed(shown.undone, yes=yes):
            await apply_file(settings, file, agreed=shown.changes)
        return 0

    _go(work)


def _agreed(undone: int, *, yes: bool) -> bool:
    """Whether the difference shown may be applied. Where nobody can be asked, what people have set is not undone."""
    if yes:
        return True
    if sys.stdin.isatty():
        return typer.confirm("Apply this?" if not undone else f"Apply this? It undoes {undone} set at run time.")
    if undone:
        raise TeamFileError(
            f"nothing was applied, it would undo {undone} set at run time (marked above): "
            "bring those into the file (`apply --export` prints the team as it is), or say --yes"
        )
    return True


@cli.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """What is missing or wrong at each platform, in the store, in the queues; exit code 1 if anything is."""

    async def work(settings: Settings) -> int:
        from bot.doctor import examine

        findings = await examine(settings)
        if as_json:
            _say(
                json.dumps(
                    [{"ok": one.ok, "what": one.what, "remedy": one.remedy} for one in findings], ensure_ascii=False, indent=1
                )
            )
        else:
            for one in findings:
                _say(f"{'✔' if one.ok else '✘'} {one.what}" + (f"\n  → {one.remedy}" if one.remedy else ""))
        return 0 if all(one.ok for one in findings) else 1

    _go(work)


@cli.command()
def manifest() -> None:
    """Print the Slack app manifest for these settings."""

    async def work(settings: Settings) -> None:
        from bot.handlers.desks.slack.manifest import PATH, as_yaml

        http = settings.slack.signing_secret is not None and settings.slack.app_token is None
        if http and settings.public_url is None:
            raise SettingsError(
                "RELAYDESK_PUBLIC_URL is missing: Slack over HTTP needs this server's https address; "
                "or set RELAYDESK_SLACK__APP_TOKEN for Socket Mode"
            )
        _say(as_yaml(f"{settings.public_url}{PATH}" if http else None, outgoing=settings.outgoing.enabled))

    _go(work)


@cli.command()
def export(
    target: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="The file to write; only you can read it.")],
    client: Annotated[str | None, typer.Option(help="Only this client: a name, a phone number, or a number like #12.")] = None,
) -> None:
    """Clients, conversations, messages and their journal as lines of JSON."""

    async def work(settings: Settings) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        from bot.records import export_to

        shown = Console(stderr=True)
        columns = TextColumn("clients"), BarColumn(), MofNCompleteColumn()
        with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
            task = bar.add_task("clients", total=None)
            number = await export_to(settings, target, client, lambda done, total: bar.update(task, completed=done, total=total))
        _say(f"{number} lines in {target}.")

    _go(work)


@cli.command()
def erase(
    client: Annotated[str, typer.Argument(help="The beginning of a name, a phone number, or a number like #12.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a client: names, words, notes, and the copies on the desks, which a running relaydesk removes."""

    async def work(settings: Settings) -> int:
        from bot.records import erase_from_here
        from bot.store.erasure import Traces

        def confirmed(there: Traces) -> bool:
            _say(f"{there.name} (#{there.client_id}): {there.messages} messages, {len(there.threads)} threads and topics.")
            return yes or typer.prompt("Write the name to erase all of it for good", default="", show_default=False) == there.name

        receipt = await erase_from_here(settings, client, confirmed)
        if receipt is None:
            _say("Nothing was erased.")
            return 1
        _say("Erased. The receipt:")
        for name, value in receipt.items():
            _say(f"  {name}: {value}")
        return 0

    _go(work)


@cli.command()
def demo(
    script: Annotated[bool, typer.Option("--script", help="Play one conversation and print it; exit 1 on failure.")] = False,
    port: Annotated[int, typer.Option(help="The page's port, 0 = any free one.")] = 9100,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    seconds: Annotated[float, typer.Option(hidden=True, help="How long the script waits for each thing.")] = 15.0,
    refuse: Annotated[list[str] | None, typer.Option(hidden=True, help="Calls to refuse, like slack:chat.postMessage.")] = None,
) -> None:
    """Try everything on this machine, with no account anywhere."""
    from bot.demo import play, show

    setup("warning", "console", ())
    try:
        code: Any = asyncio.run(play(seconds=seconds, refuse=refuse or ()) if script else show(port, browser=browser))
    except KeyboardInterrupt:
        code = 0
    raise typer.Exit(code or 0)


if __name__ == "__main__":
    main()
