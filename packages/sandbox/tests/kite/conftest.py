"""A sandbox whose Kite door the test is signed in to."""

from __future__ import annotations

import pytest
from packages.sandbox.tests.kite.served_kite import ServedKite, served_kite


@pytest.fixture
def kite() -> ServedKite:
    """Signed in as SB0001."""
    served = served_kite()
    served.sign_in()
    return served
