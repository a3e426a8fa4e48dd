"""Versions of the agent: D21."""

from __future__ import annotations

import pytest

from tradertape_server.features.agents.release import LATEST, Release


@pytest.mark.parametrize(
    ("version", "allowed"), [("0.5.9", False), ("0.6.0rc1", True), ("1.0", True), (None, False)]
)
def test_d21_older_agents_may_not_execute_by_themselves(
    version: str | None, *, allowed: bool
) -> None:
    release = Release("0.7.0", "0.6.0", LATEST.released_at, "/changelog")
    assert release.allows_auto_execute(version) is allowed
