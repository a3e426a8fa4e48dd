"""Every row of the overview's tables of portfolios, signals, positions and risk has a test.

A test that proves a row is named after it: `test_pf_06_a_portfolio_with_open_positions_…`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROWS = {"pf": 10, "sg": 9, "po": 3, "rk": 7}  # the last row of each table
NAMED = re.compile(rf"^(?:async )?def test_({'|'.join(ROWS)})_(\d\d)_", re.MULTILINE)


@pytest.fixture(scope="module")
def proven() -> set[tuple[str, int]]:
    folders = (ROOT / "packages", ROOT / "tests")
    files = (path for folder in folders for path in folder.rglob("test_*.py"))
    texts = (path.read_text(encoding="utf-8") for path in files)
    return {(table, int(row)) for text in texts for table, row in NAMED.findall(text)}


@pytest.mark.parametrize("table", ROWS)
def test_every_row_is_proven_by_a_test_named_after_it(
    proven: set[tuple[str, int]], table: str
) -> None:
    rows = {row for known, row in proven if known == table}
    assert rows == set(range(1, ROWS[table] + 1))
