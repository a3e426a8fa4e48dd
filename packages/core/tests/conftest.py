"""Fixtures for the tests of core."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data_dir() -> Path:
    """Folder of the real NSE set: TRADERTAPE_REAL_DATA, else shared/data beside the checkout."""
    beside = Path(__file__).parents[4] / "shared" / "data"
    folder = Path(os.environ.get("TRADERTAPE_REAL_DATA", beside))
    if not (folder / "nse_daily.parquet").exists():
        pytest.skip("the real NSE data set is not present")
    return folder
