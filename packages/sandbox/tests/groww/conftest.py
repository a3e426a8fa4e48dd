"""A sandbox whose Groww door the test is signed in to."""

from __future__ import annotations

import pytest
from packages.sandbox.tests.groww.served_groww import ServedGroww, served_groww


@pytest.fixture
def groww() -> ServedGroww:
    """Signed in as SB0001, with INFY at 150 rupees."""
    served = served_groww()
    served.sign_in()
    served.price("150.00")
    return served
