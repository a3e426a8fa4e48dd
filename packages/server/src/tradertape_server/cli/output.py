"""What every command shares: `--json`, and the message of a failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON, for scripts; nothing else.")
]


def show(result: Any, *, as_json: bool, text: Callable[[], str]) -> None:
    """Print a result: JSON for scripts, `text()` for people."""
    typer.echo(json.dumps(result, indent=2, default=str) if as_json else text())


def fail(message: str) -> NoReturn:
    """Print a message on stderr and exit with code 1."""
    typer.secho(message, err=True, fg="red")
    raise typer.Exit(1)
