"""docs/sandbox-coverage.md: every address that the sandbox serves, with tests that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from packages.sandbox.tests.clients.calls import calls_of
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from tradertape_sandbox.app import build
from tradertape_sandbox.settings import SandboxSettings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "sandbox-coverage.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<name>.+?) \| (?P<tests>`.+`) \|$", re.M)
ADDRESS = re.compile(r"`((?:GET|POST|PUT|DELETE|WS) /\S*)`")
SECTIONS = {"Kite": "", "Upstox": "/upstox", "Groww": "/groww", "Admin door": "/admin"}


class Still:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 6, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def section(title: str) -> str:
    """The text below a heading."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def listed(title: str) -> list[str]:
    """The addresses of a section."""
    found = [ADDRESS.fullmatch(row["name"]) for row in ROW.finditer(section(title))]
    return [one[1] for one in found if one is not None]


@cache
def served() -> dict[str, frozenset[str]]:
    """The addresses below each mount, as the page writes them."""
    settings = SandboxSettings(port=18900, totp_secret="S" * 16, admin_key="k")
    application = build(settings, Still()).app.application
    assert isinstance(application, Starlette)
    return {
        mount.path: frozenset(addresses_of(mount.routes))
        for mount in application.routes
        if isinstance(mount, Mount)
    }


def addresses_of(routes: Sequence[BaseRoute]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, WebSocketRoute):
            yield f"WS {route.path}"
        elif isinstance(route, Route) and "{path:path}" not in route.path:
            for method in (route.methods or set()) - {"HEAD"}:
                yield f"{method} {route.path}"


@pytest.mark.parametrize("title", SECTIONS)
def test_the_page_lists_what_is_served(title: str) -> None:
    found = listed(title)
    assert len(found) == len(set(found)) > 10
    assert set(found) == served()[SECTIONS[title]]


def test_the_same_is_at_the_root_and_below_kite() -> None:
    assert served()[""] == served()["/kite"]


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def scripts_of(path: Path) -> list[str]:
    """The scripts whose calls a test of a client has: those that it names."""
    return re.findall(r'"(\w+\.py)"', path.read_text(encoding="utf-8"))


def exists(name: str) -> bool:
    """Whether a test, or a call of a client's test, is there."""
    file, _, rest = name.partition("::" if "::" in name else "[")
    path = ROOT / (file if file.startswith("packages/") else f"packages/sandbox/tests/{file}")
    if not path.is_file():
        return False
    if "::" in name:
        return rest in functions_of(path)
    return rest.removesuffix("]") in calls_of(*scripts_of(path))


def test_every_test_that_the_page_names_exists() -> None:
    named = [one for row in ROW.finditer(PAGE) for one in re.findall(r"`([^`]+)`", row["tests"])]
    assert len(named) > 250
    assert [one for one in named if not exists(one)] == []


def test_no_row_is_without_a_test() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    heads = [line for line in lines if line.endswith("| Tests |") or set(line) <= set("| -")]
    assert len(heads) == 12
    assert len(lines) - len(heads) == len(ROW.findall(PAGE))
