"""What the paper market is shown of the live one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tradertape_core.market.session_times import Segment
from tradertape_server.container import Container
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    "overrides", [{"paper_partial_fills": True}, {"paper_queue_share": 1}], ids=str
)
def test_orders_that_meet_the_book_as_shown_are_shown_its_levels(container: Any) -> None:
    """KP-06: else a large order would take the best price alone and rest at its limit."""
    tick = container.execution.market.tick("NSE:INFY")
    assert tick.depth is not None
    assert len(tick.depth.sell) == 5


def test_shares_of_a_recording_trade_to_their_close_and_meet_no_auction(
    container: Container, clock: Any, tmp_path: Path
) -> None:
    """Its source knows no auction's price."""
    file = tmp_path / "minutes.csv"
    file.write_text(
        "date,symbol,open,high,low,close,volume\n"
        "2026-09-08T15:15:00+05:30,INFY,100,101,99,100,10\n"
        "2026-09-08T15:16:00+05:30,INFY,100,101,99,100,10\n"
    )
    live = container.execution.market
    infy = live.instrument("NSE:INFY")
    assert infy is not None
    assert (live.has_auctions, live.segment(infy)) == (True, Segment.CASH_WITH_DERIVATIVES)
    replay = build_container(
        Settings(home=tmp_path / "replay", feed="replay", feed_replay_file=file), clock=clock
    )
    market = replay.execution.market
    replay.close()
    assert (market.has_auctions, market.segment(infy)) == (False, Segment.CASH)
