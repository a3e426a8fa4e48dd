"""Import rules of all packages beyond layers: foreign tables, and cycles of types.

The layers of the packages and features are contracts of import-linter, in `pyproject.toml`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

import kite_algo_worker
import tradertape_agent
import tradertape_brokers
import tradertape_core
import tradertape_indicators
import tradertape_sandbox
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
# What a broker is called is data in these: tables of charges by name; and each broker's own code.
MAY_NAME_BROKERS = (
    "tradertape_core.ledger.",
    "tradertape_brokers.kite.",
    "tradertape_brokers.upstox.",
    "tradertape_brokers.groww.",
    "tradertape_sandbox.wire.",
)
EVERYBODY = MODULES | dict(
    source
    for package in (tradertape_agent, tradertape_brokers, tradertape_sandbox)
    for source in sources_of(package)
)


def test_nobody_but_an_adapter_decides_by_a_brokers_name() -> None:
    """Callers ask `Capabilities` and `LoginFlow`: no `if broker == …` outside the adapters, and in
    the sandbox none outside its three protocols."""
    judged = {
        name: tree for name, tree in EVERYBODY.items() if not name.startswith(MAY_NAME_BROKERS)
    }
    assert {"tradertape_brokers.registry", "tradertape_sandbox.doors"} <= set(judged)
    found = [
        f"{name}:{line}" for name, tree in judged.items() for line in decisions_by_a_name(tree)
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'if broker == "kite": ...',
        'if "upstox" != self.broker.name: ...',
        'if broker in ("groww", "kite"): ...',
        'if broker.startswith("kite"): ...',
        'match broker:\n    case "zerodha": ...',
        'match broker:\n    case "a" | "groww": ...',
        'NAME = "kite"\nif broker == NAME: ...',
        'NAMES: Final = frozenset({"kite"})\nif broker in NAMES: ...',
        "if broker is Broker.KITE: ...",
        "match broker:\n    case Broker.UPSTOX: ...",
        'found = {"kite": 1, "upstox": 2}[broker]',
        'found = {"kite": 1}.get(broker, 0)',
    ],
)
def test_each_way_of_deciding_by_a_brokers_name_is_seen(code: str) -> None:
    assert list(decisions_by_a_name(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        'broker = registry.of("kite")',
        "if broker.capabilities.protects_markets: ...",
        'KNOWN = ("kite", "upstox", "groww")\nif broker not in KNOWN: ...',
        'CHARGES = {"kite": "zerodha"}\nif broker not in CHARGES: ...',
    ],
)
def test_a_name_that_decides_nothing_is_allowed(code: str) -> None:
    assert not list(decisions_by_a_name(ast.parse(code)))


def decisions_by_a_name(tree: ast.Module) -> Iterator[int]:
    """Lines that compare with, match, or choose by the name of a broker."""
    bound = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
        and not _is_directory(node.value)
        and _names_a_broker(node.value, set())
    }
    for node in ast.walk(tree):
        if any(_names_a_broker(one, bound) for one in _deciding(node)):
            yield node.lineno  # type: ignore[attr-defined]


def _is_directory(node: ast.expr) -> bool:
    """A table by name, or a list of all brokers: a new broker adds a line there alone."""
    if isinstance(node, ast.Dict):
        return True
    named = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
    return named >= {"kite", "upstox", "groww"}


def _deciding(node: ast.AST) -> Sequence[ast.expr]:
    """What a node decides by."""
    match node:
        case ast.Compare():
            return (node.left, *node.comparators)
        case ast.MatchValue():
            return (node.value,)
        case ast.Subscript(value=ast.Dict()):
            return (node.value,)
        case ast.Call(func=ast.Attribute(attr="startswith" | "endswith")):
            return node.args
        case ast.Call(func=ast.Attribute(value=ast.Dict(), attr="get")):
            return (node.func.value,)  # type: ignore[attr-defined]
        case _:
            return ()


def _names_a_broker(node: ast.expr, bound: set[str]) -> bool:
    match node:
        case ast.Constant(value=str() as text):
            return text.lower().rstrip(":/") in BROKERS
        case ast.Name(id=name):
            return name in bound or name.lower() in BROKERS
        case ast.Attribute(attr=name):
            return name.isupper() and name.lower() in BROKERS
        case ast.Tuple() | ast.List() | ast.Set():
            return any(_names_a_broker(one, bound) for one in node.elts)
        case ast.Dict():
            return any(one is not None and _names_a_broker(one, bound) for one in node.keys)
        case ast.Call(args=args, func=ast.Name(id="frozenset" | "set" | "tuple")):
            return any(_names_a_broker(one, bound) for one in args)
        case _:
            return False
