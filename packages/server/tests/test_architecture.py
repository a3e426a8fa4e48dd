"""Import rules of the server beyond layers: foreign tables, and cycles of types.

The layers of the packages and features are contracts of import-linter, in `pyproject.toml`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import tradertape_server

SOURCES = Path(tradertape_server.__file__).parent
ROOT = "tradertape_server"
FEATURES = f"{ROOT}.features."
TABLES = {"repository", "models", "rows"}


def module_name(path: Path) -> str:
    parts = (ROOT, *path.relative_to(SOURCES).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


MODULES = {
    module_name(path): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(SOURCES.rglob("*.py"))
    if "migrations" not in path.parts
}


def imports_of(tree: ast.Module) -> Iterator[str]:
    """Modules of the server that a module imports: at its top, in functions, for types only."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for one in node.names:
                name = f"{node.module}.{one.name}"
                if name in MODULES:
                    yield name
                elif node.module in MODULES:
                    yield node.module


IMPORTS = {name: set(imports_of(tree)) - {name} for name, tree in MODULES.items()}


def feature_of(module: str) -> str | None:
    return module.removeprefix(FEATURES).split(".")[0] if module.startswith(FEATURES) else None


def holds_tables(module: str) -> bool:
    """Whether a module of a feature has its tables or its SQL; execution keeps both in `store`."""
    inner = module.removeprefix(FEATURES).split(".")[1:]
    return bool(inner) and (inner[0] == "store" or not TABLES.isdisjoint(inner))


def test_no_feature_reads_the_tables_of_another() -> None:
    """A feature, the command line and the wiring call the owner's `service` or `queries`."""
    found = {
        (importer, imported)
        for importer, modules in IMPORTS.items()
        for imported in modules
        if imported.startswith(FEATURES)
        and feature_of(imported) != feature_of(importer)
        and holds_tables(imported)
    }
    assert not found


def cycle_in(graph: Mapping[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle; empty without one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_modules_import_each_other() -> None:
    """Imports under `if TYPE_CHECKING` count: types that need each other share a module."""
    assert cycle_in(IMPORTS) == []
