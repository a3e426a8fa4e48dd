"""Import rules of all packages beyond layers: foreign tables, and cycles of types.

The layers of the packages and features are contracts of import-linter, in `pyproject.toml`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

import kite_algo_worker
import tradertape_core
import tradertape_indicators
import tradertape_server

PACKAGES = (tradertape_core, tradertape_indicators, tradertape_server, kite_algo_worker)
FEATURES = "tradertape_server.features."
TABLES = {"repository", "models", "rows"}


def sources_of(package: ModuleType) -> Iterator[tuple[str, ast.Module]]:
    """The modules of a package by name, parsed."""
    folder = Path(str(package.__file__)).parent
    for path in sorted(folder.rglob("*.py")):
        if "migrations" not in path.parts:
            parts = (package.__name__, *path.relative_to(folder).with_suffix("").parts)
            name = ".".join(parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text(encoding="utf-8"))


MODULES = dict(source for package in PACKAGES for source in sources_of(package))


def imports_of(tree: ast.Module) -> Iterator[str]:
    """Modules of ours that a module imports: at its top, in functions, for types only."""
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


@pytest.mark.parametrize("package", [package.__name__ for package in PACKAGES])
def test_no_modules_import_each_other(package: str) -> None:
    """Imports under `if TYPE_CHECKING` count: types that need each other share a module."""
    graph = {name: found for name, found in IMPORTS.items() if name.split(".")[0] == package}
    assert len(graph) > 10
    assert cycle_in(graph) == []


BROKERS = {"kite", "upstox", "groww", "zerodha"}
# What a broker is called is data in these: tables of charges by name, and the registry of adapters.
MAY_NAME_BROKERS = ("tradertape_core.ledger.",)


def test_nobody_but_an_adapter_decides_by_a_brokers_name() -> None:
    """Callers ask `Capabilities` and `LoginFlow`: no `if broker == …` outside the adapters."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in MODULES.items()
        if not name.startswith(MAY_NAME_BROKERS)
        for node in ast.walk(tree)
        if _compares_a_broker(node)
    ]
    assert found == []


def _compares_a_broker(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return any(_names_a_broker(one) for one in (node.left, *node.comparators))
    if isinstance(node, ast.MatchValue):
        return _names_a_broker(node.value)
    return False


def _names_a_broker(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(_names_a_broker(one) for one in node.elts)
    return isinstance(node, ast.Constant) and node.value in BROKERS
