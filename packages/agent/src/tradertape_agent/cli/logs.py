"""`logs`."""

from __future__ import annotations

import time

import click

from tradertape_agent.cli.root import app, folder
from tradertape_agent.errors import AgentError

_LOOKS_EVERY_S = 0.5


@app.command(short_help="Print the log")
@click.option("--lines", type=click.IntRange(1), default=100, show_default=True)
@click.option("--follow", is_flag=True, help="Go on as new lines come.")
def logs(lines: int, follow: bool) -> None:
    """Print the newest lines of the log, with their times."""
    path = folder().log
    try:
        with path.open(encoding="utf-8") as handle:
            for line in handle.readlines()[-lines:]:
                click.echo(line, nl=False)
            while follow:
                for line in handle:
                    click.echo(line, nl=False)
                time.sleep(_LOOKS_EVERY_S)
    except FileNotFoundError:
        raise AgentError(f"there is no log at {path}: the agent has not run yet") from None
