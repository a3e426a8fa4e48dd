"""The group of all commands, and the exit code of each way to end."""

from __future__ import annotations

import os
from typing import Any

import click

from tradertape_agent import __version__
from tradertape_agent.config.folder import Folder
from tradertape_agent.errors import AgentError

HELP = """Trades at your broker from your own machine.

Exit codes: 0 success, 1 failure (the message gives the reason), 2 invalid usage, 3 not configured,
4 the cloud refused the key, 5 the broker is not connected.
"""
_DEFAULT = "run"
_ORDER = (
    "configure", "run", "reset", "status", "approve", "reject", "kill", "doctor", "logs", "factor",
    "backup", "restore", "service", "version",
)  # fmt: skip


class Commands(click.Group):
    """A group whose default is `run`, and whose errors end with their exit codes."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` before options that are not the group's own."""
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "--version")):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AgentError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """In the order in which they are needed."""
        return sorted(self.commands, key=_ORDER.index)


@click.group(
    cls=Commands,
    help=HELP,
    options_metavar="",
    subcommand_metavar="[COMMAND]",
    context_settings={"help_option_names": ["--help"]},
)
@click.version_option(__version__, message="%(version)s")
def app() -> None:
    """The root of all commands."""


def folder() -> Folder:
    """Where this agent's files are."""
    return Folder.of_environment(os.environ)
