"""Tests that share a server run in one process."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("of its own")
def test_a_groups_name_is_where_the_tests_are_shared_out_by_it(
    request: pytest.FixtureRequest,
) -> None:
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("the tests are not shared out")
    assert request.node.nodeid.endswith("@of its own")
