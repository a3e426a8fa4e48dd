"""Kite's REST client, unmodified, against the sandbox: one test a call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("brokers-clients")

_SCRIPT = "kite_rest.py"
_PARTS = (_SCRIPT, "kite_orders.py", "kite_money.py")
_REPORTS = ("call", "fails", "say")


def _calls() -> list[str]:
    """The names of the calls that the script makes."""
    folder = Path(__file__).parent / "scripts"
    found = [
        node.args[0].value
        for part in _PARTS
        for node in ast.walk(ast.parse((folder / part).read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _REPORTS
        and isinstance(node.args[0], ast.Constant)
    ]
    return sorted(set(found))


@pytest.mark.parametrize("method", _calls())
def test_kite_client(method: str, run_client: Callable[[str], Mapping[str, Any]]) -> None:
    said = run_client(_SCRIPT)[method]
    assert said.ok, said.said


def test_every_method_of_the_client_is_called(
    run_client: Callable[[str], Mapping[str, Any]],
) -> None:
    methods = run_client(_SCRIPT)["every method"].said.split()
    called = {name.split()[0] for name in _calls()}
    assert [name for name in methods if name not in called] == []
