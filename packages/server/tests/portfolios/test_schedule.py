"""Scans by schedule (SG-06): due by the calendar, made up for when missed, shown afterwards."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_server.features.portfolios import schedule_times
from tradertape_server.features.portfolios.schedule import ScanSchedule

from .conftest import Desk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), IST)


def schedule_of(desk: Desk) -> ScanSchedule:
    """As a process that has just started has it."""
    own = desk.container.portfolios
    return ScanSchedule(desk.container.database, desk.clock, own.scans, own.signals)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (at(date(2025, 1, 6), 9), at(date(2025, 1, 6), 16, 15)),  # a Monday before the open
        (at(date(2025, 1, 6), 16, 14), at(date(2025, 1, 6), 16, 15)),
        (at(date(2025, 1, 6), 16, 15), at(date(2025, 1, 7), 16, 15)),
        (at(date(2025, 1, 10), 18), at(date(2025, 1, 13), 16, 15)),  # over the weekend
        (at(date(2025, 8, 14), 18), at(date(2025, 8, 18), 16, 15)),  # Independence Day, a Friday
    ],
)
@pytest.mark.usefixtures("engine")
def test_the_next_scan_is_after_the_next_sessions_final_candle(now, due) -> None:
    assert schedule_times.next_scan(now) == due


@pytest.mark.usefixtures("engine")
def test_todays_candle_is_not_final_before_a_quarter_past_four() -> None:
    monday = date(2025, 1, 6)
    assert schedule_times.last_final_day(at(monday, 15, 31), monday) == date(2025, 1, 3)
    assert schedule_times.last_final_day(at(monday, 16, 15), monday) == monday
    assert schedule_times.last_final_day(at(monday, 10), date(2025, 1, 3)) == date(2025, 1, 3)


def test_a_scan_runs_once_a_day_and_missed_days_are_made_up_for(desk: Desk) -> None:
    portfolio = desk.deploy(auto_place_signals=True)
    schedule = schedule_of(desk)
    url = f"portfolios/{portfolio['id']}"
    desk.scan(portfolio, desk.days[-6])
    assert schedule.run_due() == 1  # five days were missed
    assert desk.get(url)["traded_until"] == str(desk.days[-1])
    assert schedule.run_due() == 0
    page = desk.get(f"dashboard?portfolio_id={portfolio['id']}")
    assert [one["date"] for one in page["equity_curve"]] == [str(d) for d in desk.days[-6:]]
    assert [run["trigger"] for run in desk.get("scans")] == ["schedule", "manual"]


def test_a_portfolio_that_fails_does_not_keep_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = desk.deploy(name="Broken"), desk.deploy(name="Fine")
    work = type(desk.container.portfolios.scans.work)
    change = work.change

    def fails(self, user_id, portfolio_id, *args):
        if portfolio_id == broken["id"]:
            raise RuntimeError("the disk is gone")
        return change(self, user_id, portfolio_id, *args)

    monkeypatch.setattr(work, "change", fails)
    schedule_of(desk).run_due()
    assert desk.get(f"portfolios/{fine['id']}")["traded_until"] == str(desk.days[-1])
    runs = desk.get("scans")
    assert [run["error"] for run in runs if run["error"]] == ["the disk is gone"]
    assert desk.get(f"portfolios/{broken['id']}")["traded_until"] is None


def test_a_paused_portfolio_is_scanned_for_its_exits_and_a_retired_one_is_not(desk: Desk) -> None:
    paused, retired = desk.deploy(name="A"), desk.deploy(name="B")
    desk.post(f"portfolios/{paused['id']}/pause")
    desk.post(f"portfolios/{retired['id']}/retire")
    assert schedule_of(desk).run_due() == 1
    assert desk.get(f"portfolios/{paused['id']}")["traded_until"] == str(desk.days[-1])


def test_sg_04_what_is_not_approved_and_placed_in_time_expires_by_the_clock(desk: Desk) -> None:
    """Not only with the next scan: until then nothing waits that nobody can approve."""
    portfolio = desk.deploy()
    _, signals = desk.first_signals(portfolio)
    assert len(signals) > 2
    first, second = signals[:2]
    desk.post(f"signals/{first['id']}/approve")
    committed = desk.get(f"portfolios/{portfolio['id']}")["committed_capital"]
    assert committed > 0
    until = datetime.fromisoformat(second["expires_at"])
    expire = desk.container.portfolios.signals.expire_over
    desk.clock.set_wrong(seconds=(until - desk.clock.now()).total_seconds() - 1)
    assert expire() == 0
    desk.clock.advance(seconds=1)
    assert expire() == len(signals)
    assert {one["status"] for one in desk.signals(portfolio)} == {"expired"}
    assert desk.get(f"portfolios/{portfolio['id']}")["committed_capital"] == 0
    told = desk.get(f"signals/{second['id']}")["actor_history"][-1]
    assert (told["by"], told["note"]) == ("clock", "not approved in time")
    assert expire() == 0
