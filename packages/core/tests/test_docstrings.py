"""Public names of core have docstrings: shapes, units and errors are part of the interface."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import tradertape_core

LEAST = 0.95
SOURCES = Path(tradertape_core.__file__).parent
Documented = ast.Module | ast.ClassDef | ast.FunctionDef


def public_parts(node: ast.Module | ast.ClassDef, name: str) -> Iterator[tuple[str, Documented]]:
    """A module or class, and the public functions, classes and methods in it."""
    yield name, node
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.ClassDef) and not one.name.startswith("_"):
            if isinstance(one, ast.ClassDef):
                yield from public_parts(one, f"{name}.{one.name}")
            else:
                yield f"{name}.{one.name}", one


def test_public_names_have_docstrings() -> None:
    parts = [
        part
        for path in SOURCES.rglob("*.py")
        for part in public_parts(
            ast.parse(path.read_text(encoding="utf-8")), str(path.relative_to(SOURCES))
        )
    ]
    missing = sorted(name for name, node in parts if not ast.get_docstring(node))
    assert len(parts) > 1_000
    assert 1 - len(missing) / len(parts) >= LEAST, missing
