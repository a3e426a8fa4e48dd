"""The simulated market as a data set: built once, extended by later sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import numpy as np

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.market.calendar import Calendar, nse_calendar
from tradertape_core.market.hours import last_session_hours
from tradertape_core.market.panel import IndexSeries
from tradertape_core.market.universe import Universe
from tradertape_core.market.world import DEFAULT_SEED, ActionKind, CorporateAction, World, generate
from tradertape_server import __version__
from tradertape_server.features.market.data_sets.candles import FIELDS, CandleRows, Days, Floats
from tradertape_server.features.market.data_sets.damage import DataSetDamaged
from tradertape_server.features.market.data_sets.draft import Draft, new_manifest, open_draft
from tradertape_server.features.market.data_sets.manifest import Manifest
from tradertape_server.features.market.data_sets.reference_rows import (
    Action,
    Dividend,
    InstrumentRow,
    Spell,
)
from tradertape_server.features.market.data_sets.store import SIMULATED, MarketStore
from tradertape_server.features.market.data_sets.tables_check import damaged_file
from tradertape_server.features.market.progress import Progress, no_progress
from tradertape_server.platform.logging import get_logger

BASIS = "split"
_STEPS = 3
_FINAL_AFTER = timedelta(minutes=30)  # the end of a session; scans come after it
logger = get_logger(__name__)


def ensure(store: MarketStore, clock: Clock, progress: Progress = no_progress) -> Manifest:
    """Return the simulated set up to the last final session; build or extend it if needed."""
    calendar = nse_calendar()
    end = last_final_session(clock, calendar)
    _discard_damaged(store, clock)
    if store.exists(SIMULATED) and _is_current(store.manifest(SIMULATED), end):
        return store.manifest(SIMULATED)
    new = new_manifest(
        SIMULATED, basis=BASIS, stored_basis=BASIS, clock=clock, source=_source(), simulated=True
    )
    with open_draft(store, SIMULATED, new=new) as draft:
        if _is_current(draft.manifest, end):  # another process was first
            return draft.manifest
        progress("Simulating the market", 0, _STEPS)
        world = generate(DEFAULT_SEED, end=end, sessions=calendar)
        progress("Storing its candles", 1, _STEPS)
        _fill(draft, world)
        manifest = draft.commit(clock)
        progress("Simulated market ready", _STEPS, _STEPS)
    return manifest


def _discard_damaged(store: MarketStore, clock: Clock) -> None:
    """Put a damaged simulated set aside: it is generated again from its seed."""
    if not store.exists(SIMULATED):
        return
    try:
        problem = damaged_file(store, store.manifest(SIMULATED))
    except DataSetDamaged as error:
        problem = error.problem
    if problem:
        kept = store.discard(SIMULATED, clock)
        logger.error("simulated market damaged: generated again", problem=problem, kept=str(kept))


def last_final_session(clock: Clock, calendar: Calendar) -> date:
    """The last session whose candle is final: today's from half an hour after its end."""
    now = clock.now()
    hours = last_session_hours(calendar, now)
    if hours is None or now < hours.end + _FINAL_AFTER:
        return last_session(clock, calendar)
    return max(last_session(clock, calendar), hours.start.astimezone(IST).date())


def is_behind(store: MarketStore, clock: Clock) -> bool:
    """Whether there is a simulated set that lacks a session."""
    if not store.exists(SIMULATED):
        return False
    return store.manifest(SIMULATED).last < last_final_session(clock, nse_calendar()).isoformat()


def last_session(clock: Clock, calendar: Calendar) -> date:
    """The last session before today in IST, or the last one of the calendar."""
    today = min(clock.now().astimezone(IST).date(), calendar.last_day)
    return calendar.previous_session(today)


def _source() -> str:
    # A release may change the model, so the set records the product's version.
    return f"simulated world, seed {DEFAULT_SEED}, TraderTape {__version__}"


def _is_current(manifest: Manifest, end: date) -> bool:
    return manifest.last == end.isoformat() and manifest.source == _source()


def _fill(draft: Draft, world: World) -> None:
    draft.manifest = draft.manifest.with_(source=_source())
    matrices = {name: getattr(world, name) for name in FIELDS}
    draft.candles = _rows(world.symbols, world.dates, matrices)
    draft.indices = _index_rows(world.dates, world.indices)
    draft.actions = [a for a in map(_action, world.actions) if a is not None]
    draft.dividends = [d for d in map(_dividend, world.actions) if d is not None]
    draft.membership = list(_spells(world.universes, world.dates[0].item()))
    draft.instruments = [InstrumentRow(f.symbol, f.name, f.isin, f.sector) for f in world.facts]


def _rows(names: tuple[str, ...], dates: Days, matrices: Mapping[str, Floats]) -> CandleRows:
    """Convert (T, N) matrices to candles, by symbol and then by day; a NaN close is no candle."""
    code, row = np.nonzero(~np.isnan(matrices["close"].T))
    values = {name: matrix[row, code] for name, matrix in matrices.items()}
    return CandleRows(names, code.astype(np.int32), dates[row], values)


def _index_rows(dates: Days, indices: Mapping[str, IndexSeries]) -> CandleRows:
    names = tuple(sorted(indices))
    matrices = {
        field: np.column_stack([getattr(indices[name], field) for name in names])
        for field in FIELDS[:4]
    }
    return _rows(names, dates, {**matrices, "volume": np.zeros_like(matrices["close"])})


def _action(event: CorporateAction) -> Action | None:
    if event.kind is ActionKind.DIVIDEND:
        return None
    return Action(event.symbol, event.ex_date, str(event.kind.value), event.factor)


def _dividend(event: CorporateAction) -> Dividend | None:
    if event.kind is not ActionKind.DIVIDEND:
        return None
    return Dividend(event.symbol, event.ex_date, event.adjusted_amount, adjusted=True)


def _spells(universes: Mapping[str, Universe], first: date) -> Iterator[Spell]:
    for universe in universes.values():
        for spell in universe.spells:
            yield Spell(universe.name, spell.symbol, spell.start or first, spell.end)
