"""The `tradertape` command; what each sub-command needs is imported when it runs."""

from __future__ import annotations

import importlib
import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class LazyCommand(NamedTuple):
    """A command: the module that holds it, and its line in `--help`."""

    module: str
    help: str


# One line for each sub-command. Its module has a Typer `app`.
COMMANDS: dict[str, LazyCommand] = {
    "serve": LazyCommand("server.serve", "Serve the console, the API and the docs."),
    "demo-agent": LazyCommand(
        "server.demo_agent", "Start the agent against a running demo and its sandbox."
    ),
    "backtest": LazyCommand("backtests.commands", "Run a strategy over the past."),
    "data": LazyCommand("data.commands", "Import, list and check market data."),
    "user": LazyCommand("accounts.user", "Create and list accounts."),
    "account": LazyCommand("accounts.account", "Open and list paper accounts."),
    "token": LazyCommand("accounts.token", "Create keys for agents and workers."),
    "db": LazyCommand("server.db", "Upgrade, back up, restore; rotate keys."),
    "halt": LazyCommand("trading.halt", "Stop trading: on the whole server, or for one account."),
    "resume": LazyCommand("trading.resume", "Resume trading after a halt."),
    "status": LazyCommand("server.status", "Show which process trades and what is pending."),
    "doctor": LazyCommand("server.doctor", "Check this installation and suggest repairs."),
}

HELP = """Rule-based trading for Indian equities: strategies as data, honest backtests.

Exit codes: 0 success, 1 failure (the message gives the reason), 2 invalid usage.
"""


PROGRAMS = "tradertape.commands"


@cache
def installed_programs() -> dict[str, EntryPoint]:
    """Commands of other installed packages, by name: their entry points, not loaded.

    A package offers a Typer app in the group `tradertape.commands`; none replaces a command above.
    """
    found = sorted(entry_points(group=PROGRAMS), key=lambda one: one.name)
    return {one.name: one for one in found if one.name not in COMMANDS}


class LazyGroup(TyperGroup):
    """Lists every command from the table above, and those of other installed packages, and loads
    only the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, command in COMMANDS.items():
            self.add_command(TyperCommand(name, help=command.help))
        for name, program in installed_programs().items():
            summary = program.dist.metadata["Summary"] if program.dist else ""
            self.add_command(TyperCommand(name, help=summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Replace the help line by the command itself."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            module = importlib.import_module(f"tradertape_server.cli.{COMMANDS[name].module}")
            command = typer.main.get_command(module.app)
        elif name in installed_programs():
            command = typer.main.get_command(installed_programs()[name].load())
        if command is not None:
            command.name = name
        return name, command, rest


app = typer.Typer(
    cls=LazyGroup,
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(wanted: bool) -> None:
    if wanted:
        from tradertape_server import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


def main() -> None:
    """Run the command. An expected failure prints its reasons on stderr, a line each, and exits
    with code 1."""
    try:
        app()
    except Exception as error:
        message = _expected(error)
        if message is None:
            raise
        typer.secho(message, err=True, fg="red")
        sys.exit(1)


def _expected(error: Exception) -> str | None:
    from pydantic import ValidationError

    from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, StoredDataDamaged
    from tradertape_server.platform.errors import ApiError

    if isinstance(error, ValidationError):
        return "\n".join(
            f"TRADERTAPE_{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}"
            for one in error.errors(include_input=False)
        )
    if isinstance(error, InvalidDocument):
        return "\n".join(f"{one.pointer or '/'}: {one.message}" for one in error.problems)
    expected = ApiError | InvalidInput | StoredDataDamaged
    return str(error) if isinstance(error, expected) else None
