"""The `tradertape` command; what each sub-command needs is imported when it runs."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class LazyCommand(NamedTuple):
    """A command by the module that holds it, and the line `--help` shows for it."""

    module: str
    help: str


# A sub-command: one line. Its module has a Typer `app`.
COMMANDS: dict[str, LazyCommand] = {
    "serve": LazyCommand("serve", "Serve the console, the API and the docs."),
    "backtest": LazyCommand("backtest", "Run a strategy over the past."),
    "data": LazyCommand("data", "Bring in, list and check market data."),
    "user": LazyCommand("user", "Create and list accounts."),
    "token": LazyCommand("token", "Create keys for agents and workers."),
    "db": LazyCommand("db", "Upgrade, back up and restore the database."),
    "halt": LazyCommand("halt", "Stop trading: on the whole server, or for one account."),
    "resume": LazyCommand("resume", "Let trading go on after a halt."),
    "status": LazyCommand("status", "Say which process trades and what waits."),
    "doctor": LazyCommand("doctor", "Check this installation and say what to mend."),
}

HELP = """Rule-based trading for Indian equities: strategies as data, honest backtests.

Exit codes: 0 it worked, 1 it did not (the message says why), 2 the command was mistyped.
"""


class LazyGroup(TyperGroup):
    """Shows every command from the table above and loads only the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, command in COMMANDS.items():
            self.add_command(TyperCommand(name, help=command.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Replace the line of the help by the command itself."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            module = importlib.import_module(f"tradertape_server.cli.{COMMANDS[name].module}")
            command = typer.main.get_command(module.app)
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
    """Run the command; an expected failure is one line on stderr and exit code 1."""
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

    from tradertape_core.kernel.errors import InvalidInput
    from tradertape_server.platform.errors import ApiError

    if isinstance(error, ValidationError):
        return "\n".join(
            f"TRADERTAPE_{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}"
            for one in error.errors(include_input=False)
        )
    return str(error) if isinstance(error, ApiError | InvalidInput) else None
