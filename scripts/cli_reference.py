"""Write docs/cli.md from the command itself, or with --check fail where it is out of date."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import typer
from typer.cli import get_docs_for_click
from typer.core import TyperGroup

from tradertape_server.cli.main import COMMANDS, HELP

TARGET = Path(__file__).parent.parent / "docs" / "cli.md"


def reference() -> str:
    """Every command, option and argument as Markdown."""
    root = TyperGroup(name="tradertape", help=HELP)
    for name, command in COMMANDS.items():
        module = importlib.import_module(f"tradertape_server.cli.{command.module}")
        loaded = typer.main.get_command(module.app)
        loaded.name = name
        root.add_command(loaded)
    context = typer.Context(root, info_name="tradertape")
    text = get_docs_for_click(obj=root, ctx=context, name="tradertape", title="Command line")
    # Terminal sessions are for reading, and defaults must not hold this machine's folders.
    text = text.replace(str(Path.home()), "~").replace("```console", "```text")
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def main() -> int:
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(reference(), encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == reference():
        return 0
    print(f"{TARGET.name} is out of date: run scripts/cli_reference.py and commit what it changes.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
