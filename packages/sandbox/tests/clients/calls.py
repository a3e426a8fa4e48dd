"""The calls that scripts of clients make: one test each."""

from __future__ import annotations

import ast
from pathlib import Path

_SCRIPTS = Path(__file__).parent / "scripts"
_REPORTS = ("call", "fails", "say")


def calls_of(*scripts: str) -> list[str]:
    """The names under which scripts report, sorted."""
    found = {
        node.args[0].value
        for script in scripts
        for node in ast.walk(ast.parse((_SCRIPTS / script).read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _REPORTS
        and isinstance(node.args[0], ast.Constant)
    }
    return sorted(found)


def uncalled(methods: str, calls: list[str]) -> list[str]:
    """Public methods of a client (words of a text) that no call is named after."""
    called = {name.split()[0] for name in calls}
    return [name for name in methods.split() if name not in called]
