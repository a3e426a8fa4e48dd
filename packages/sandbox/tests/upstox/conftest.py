"""A sandbox whose Upstox door the test is signed in to."""

from __future__ import annotations

import pytest
from packages.sandbox.tests.upstox.served_upstox import ServedUpstox, served_upstox


@pytest.fixture
def upstox() -> ServedUpstox:
    """Signed in as SB0001."""
    served = served_upstox()
    served.sign_in()
    return served
