"""Fixtures of the exchange's tests."""

from __future__ import annotations

import pytest
from packages.sandbox.tests.exchange.bench import Bench, opened


@pytest.fixture
def bench() -> Bench:
    return opened()
