"""The changelog: D21, EC-07, AU-01."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tradertape_server.features.changelog.service import Changelog, parse

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

CHANGES = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-02-01

### Changed
- **Breaking:** the field `a` is now
  called `b`.
- Another thing.

### Fixed
* A fault.

## 0.1.0 – 2026-01-01

The first one.

### Added
- Everything.
"""


def test_the_changelog_is_read_into_versions() -> None:
    """D21: versioned entries with `breaking`."""
    coming, second, first = parse(CHANGES)
    assert (coming.version, coming.date, coming.sections) == ("Unreleased", None, {})
    assert second.breaking
    assert str(second.date) == "2026-02-01"
    assert second.sections == {
        "Changed": ["**Breaking:** the field `a` is now called `b`.", "Another thing."],
        "Fixed": ["A fault."],
    }
    assert (first.version, first.breaking, first.sections) == (
        "0.1.0", False, {"Added": ["Everything."]},
    )  # fmt: skip


def test_a_changed_changelog_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "CHANGELOG.md"
    changelog = Changelog(path)
    assert changelog.entries() == []
    path.write_text(CHANGES)
    assert [entry.version for entry in changelog.entries()] == ["Unreleased", "0.2.0", "0.1.0"]


@ON_SQLITE
def test_the_changelog_is_public_and_has_the_running_version(client: TestClient) -> None:
    """AU-01, EC-07."""
    entries = client.get("/api/changelog").json()
    assert "0.1.0" in [entry["version"] for entry in entries]
    assert client.get("/api/openapi.json").json()["info"]["version"] == "0.1.0"
