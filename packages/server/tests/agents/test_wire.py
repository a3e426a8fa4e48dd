"""What the server sends is what the published agent reads: D12."""

from __future__ import annotations

import pytest

from tradertape_agent.wire import OrderKind, read_poll, read_signal

from .conftest import AgentDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_ag_01_the_agent_reads_entries_sales_and_what_waits(desk: AgentDesk) -> None:
    agent = desk.agent()
    portfolio, bought = desk.bought(agent)
    held = desk.position(portfolio)
    desk.trade(bought["symbol"], held["stop_price"] * 0.99)
    _, (second,) = desk.approved(desk.deploy_live(name="Second"))
    poll = read_poll(agent.poll())
    assert poll.server_time is not None
    signals = [read_signal(one) for one in poll.items]
    sale, entry = [one for one in signals if not one.requires_approval]
    assert not sale.is_entry
    assert sale.terms.kind in (OrderKind.MARKET, OrderKind.LIMIT)
    assert (entry.id, entry.is_entry, entry.terms.kind) == (
        str(second["id"]), True, OrderKind.GTT_SINGLE,
    )  # fmt: skip
    assert entry.lease_until is not None
    assert entry.has_stop  # the server watches it: the agent places no stop of its own
    waiting = [one for one in signals if one.requires_approval]
    assert waiting
    assert not any(one.denials for one in waiting)
    desk.post(f"portfolios/{desk.signal(second['id'])['portfolio_id']}/pause")
    (told,) = read_poll(agent.poll()).withdrawn
    assert (told.signal_id, told.key, told.reason) == (entry.id, entry.key, "paused")
