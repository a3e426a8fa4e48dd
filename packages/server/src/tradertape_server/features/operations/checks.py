"""Checks of single features for the health page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.calendar import nse_calendar
from tradertape_server.features.execution.live_accounts import LiveAccounts
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.sources.source_details import BrokerFeed
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.market.calendar_warning import calendar_warning, days_published
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.operations.service import Check
from tradertape_server.features.portfolios.lateness import Lateness
from tradertape_server.features.protection.guardian import Guardian


def market_check(market: MarketService, clock: Clock) -> Callable[[], Check]:
    """Whether there is market data, and whether the active data set is up to date."""

    def check() -> Check:
        sets = market.data_sets()
        damaged = {one.manifest.name: one.problem for one in sets if one.problem}
        if damaged:
            return _damaged(damaged, next((o.manifest.name for o in sets if o.active), ""))
        active = next((one.manifest for one in sets if one.active), None)
        if active is None:
            return Check("stale", "There is no market data yet.", {"data_sets": len(sets)})
        calendar = nse_calendar()
        today = min(clock.now().astimezone(IST).date(), calendar.last_day)
        wanted = calendar.previous_session(today).isoformat()
        facts = {
            "data_set": active.name,
            "simulated": active.simulated,
            "last": active.last,
            "last_session": wanted,
        }
        if active.last < wanted:
            return Check("stale", f"Prices end on {active.last or 'no day'}.", facts)
        return Check("ok", "Prices are up to date.", facts)

    return check


def _damaged(damaged: Mapping[str, str], active: str) -> Check:
    what = "; ".join(f"{name}: {problem}" for name, problem in damaged.items())
    detail = f"Damaged data sets give no figures ({what}). `tradertape doctor` says what to do."
    return Check("down" if active in damaged else "stale", detail, {"damaged": sorted(damaged)})


def calendar_check(clock: Clock) -> Callable[[], Check]:
    """Whether the exchange's holidays of the next two months are known."""

    def check() -> Check:
        calendar = nse_calendar()
        today = clock.now().astimezone(IST).date()
        facts = {
            "published_until": calendar.published_until.isoformat(),
            "days_left": days_published(calendar, today),
        }
        warning = calendar_warning(calendar, today)
        if warning:
            return Check("stale", warning, facts)
        return Check("ok", "The exchange's holidays are known.", facts)

    return check


def books_check(accounts: LiveAccounts) -> Callable[[], Check]:
    """Whether the brokers' positions are those recorded here, of instruments that were traded."""

    def check() -> Check:
        count = accounts.drift_count
        if count:
            what = "position at a broker differs" if count == 1 else "positions at brokers differ"
            detail = f"{count} {what} from what is recorded: see the pages of live runs."
            return Check("stale", detail, {"differences": count})
        return Check("ok", "Positions at brokers are as recorded.", {"differences": 0})

    return check


def cancels_check(accounts: LiveAccounts) -> Callable[[], Check]:
    """Whether cancellations at brokers can leave."""

    def check() -> Check:
        count = accounts.cancels_waiting()
        facts = {"waiting_for_login": count}
        if count:  # whose, only their owners see
            what = "cancellation waits" if count == 1 else "cancellations wait"
            detail = f"{count} {what} for a login at the broker, and the orders rest there."
            return Check("stale", detail, facts)
        return Check("ok", "No cancellation waits for a login at a broker.", facts)

    return check


def feed_check(feed: Feed) -> Callable[[], Check]:
    """Whether live prices are received; stale while a subscribed instrument has none."""

    def check() -> Check:
        status = feed.status()
        facts: dict[str, object] = {
            "source": status.source,
            "label": status.label,
            "simulated": status.is_simulated,
        }
        if status.feeds:
            facts["brokers"] = [_feed_facts(one) for one in status.feeds]
        if status.stale or not status.connected:
            return Check("stale", f"No live prices: {status.reason}.", facts)
        return Check("ok", "Live prices are received, or none are subscribed.", facts)

    return check


def _feed_facts(one: BrokerFeed) -> dict[str, object]:
    last = one.last_tick_at
    return {
        "broker": one.broker,
        "condition": one.condition,
        "reason": one.reason,
        "instruments": one.instruments,
        "last_tick_at": None if last is None else last.astimezone(IST).isoformat(),
        "reconnects": one.reconnects,
        "dropped": one.dropped,
    }


def masters_check(masters: BrokerMasters) -> Callable[[], Check]:
    """Whether the brokers' lists of instruments are today's."""

    def check() -> Check:
        states = masters.states()
        facts = {
            one.broker: {
                "instruments": one.instruments,
                "age_s": None if one.age is None else round(one.age.total_seconds()),
                "reason": one.reason,
            }
            for one in states
        }
        if masters.listing() is None:
            return Check("down", "No broker's list of instruments is here: connect one.", facts)
        late = [one.broker for one in states if one.is_stale]
        if late:
            return Check("stale", f"Instruments are not today's: {', '.join(late)}.", facts)
        return Check("ok", "The brokers' instruments are today's.", facts)

    return check


def execution_check(execution: ExecutionService) -> Callable[[], Check]:
    """Whether everything of trading could be done in the last day."""

    def check() -> Check:
        counts = execution.set_aside()
        if not counts:
            return Check("ok", "Everything could be done.")
        # Only the command line says which, and why: anybody may read this page.
        what = ", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items()))
        detail = f"Failed and set aside in the last day ({what}): `tradertape status` lists it."
        return Check("stale", detail, {"set_aside": counts})

    return check


def scans_check(lateness: Lateness) -> Callable[[], Check]:
    """Whether the scheduled scans of model portfolios happen in time."""

    def check() -> Check:
        portfolios, late = lateness.counts()
        facts = {"portfolios": portfolios, "late": late}
        if late:  # only their owners see which
            detail = "Model portfolios were not scanned in time: the log says why."
            return Check("stale", detail, facts)
        return Check("ok", "Every model portfolio is scanned, or none is deployed.", facts)

    return check


def protection_check(guardian: Guardian) -> Callable[[], Check]:
    """Whether the guardian of this process could check every protection."""

    def check() -> Check:
        failed = len(guardian.failures.run_ids)
        if failed:  # only the log names them: anybody may read this page
            detail = "Protections could not be checked: the log names the runs."
            return Check("down", detail, {"runs": failed})
        return Check("ok", "Every protection is checked.")

    return check
