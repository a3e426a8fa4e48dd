"""The rehearsal: what rules would have refused among the orders of the last days."""

from __future__ import annotations

from typing import Any

REHEARSE = "/api/risk/rehearse"


def test_a_limit_is_tried_on_what_happened(
    page: Any, place: Any, market: Any, clock: Any, make_rule: Any
) -> None:
    """Two losing trades and a third: a daily loss limit of 150 refuses the third, and its loss."""
    for number in range(3):
        market.trade("NSE:INFY", "1500.00")
        assert place(f"in-{number:05d}").status_code == 200
        market.trade("NSE:INFY", "1490.00")
        assert place(f"out-{number:05d}", transaction_type="SELL").status_code == 200
        clock.advance(seconds=5)
    tried = {"type": "daily_loss", "params": {"amount": 150}}
    found = page.post(REHEARSE, json={"rules": [tried]}).json()
    assert (found["orders"], found["entries"], found["refused"]) == (6, 3, 1)
    (refusal,) = found["refusals"]
    assert "today's loss" in refusal["messages"][0]
    assert found["refused_pnl"] < 0
    assert found["pnl"] < found["refused_pnl"]
    assert found["rules"] == [
        {"rule": "Daily loss limit", "type": "daily_loss", "broken": 1, "first_at": refusal["at"]}
    ]
    assert page.get("/api/risk/evaluations").json() == []
    make_rule("max_orders_per_day", n=1)
    own = page.post(REHEARSE, json={}).json()
    assert own["refused"] == 2
    assert page.post(REHEARSE, json={"rules": [{"type": "stale_data"}]}).json()["not_judged"] == [
        "Stale data"
    ]


def test_a_sector_cap_is_tried_with_the_sectors_of_the_gate(
    page: Any, place: Any, market: Any, container: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(type(container.risk.gate.facts), "sector", lambda _self, _instrument: "IT")
    market.trade("NSE:INFY", "1500.00")
    assert place("in-00001", quantity=100).status_code == 200
    tried = {"type": "max_per_sector", "params": {"n": 1}}
    second = {"type": "sector_cap", "params": {"pct": 1}}
    found = page.post(REHEARSE, json={"rules": [tried, second]}).json()
    assert [(one["type"], one["broken"]) for one in found["rules"]] == [
        ("max_per_sector", 0), ("sector_cap", 1),
    ]  # fmt: skip


def test_another_persons_orders_are_not_read(place: Any, sign_in: Any) -> None:
    assert place("key-00001").status_code == 200
    other = sign_in("other@example.com")
    assert other.post(REHEARSE, json={"days": 1}).json()["orders"] == 0
