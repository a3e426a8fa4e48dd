"""The entry point: each module below adds its commands, in the order of `--help`."""

from __future__ import annotations

from tradertape_agent.cli import (  # noqa: F401 - they add their commands
    backing_up,
    configuring,
    deciding,
    doctor,
    factor,
    logs,
    running,
    serving,
)
from tradertape_agent.cli.root import app


def main() -> None:
    """Run the command that was typed."""
    app(prog_name="tradertape-agent")
