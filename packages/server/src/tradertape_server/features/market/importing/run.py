"""An import: files are read into a draft one by one, published in batches, and reported.

A file is imported completely or not at all; importing it again changes nothing. Files are
published in batches; a crash loses at most the last batch, and running the import again restores
it.
"""

from __future__ import annotations

from pathlib import Path

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar, nse_calendar
from tradertape_server.features.market.data_sets.draft import open_draft
from tradertape_server.features.market.data_sets.gaps import find_gaps
from tradertape_server.features.market.data_sets.manifest import Manifest
from tradertape_server.features.market.data_sets.store import (
    SIMULATED,
    MarketStore,
    write_atomically,
)
from tradertape_server.features.market.importing.candle_files import ImportContext, TooManyRejects
from tradertape_server.features.market.importing.intake import Intake
from tradertape_server.features.market.importing.parsing.input_files import expand
from tradertape_server.features.market.importing.parsing.symbols import (
    read_known_symbols,
    read_renames,
)
from tradertape_server.features.market.importing.report import (
    IMPORTED,
    REFUSED,
    UNCHANGED,
    FileReport,
    ImportReport,
    Reject,
    not_applied_csv,
    rejects_csv,
)
from tradertape_server.features.market.importing.request import ImportRequest
from tradertape_server.features.market.progress import Progress, no_progress

BATCH_FILES = 250
BATCH_ROWS = 2_000_000


def import_files(
    store: MarketStore,
    clock: Clock,
    request: ImportRequest,
    progress: Progress = no_progress,
    *,
    calendar: Calendar | None = None,
) -> ImportReport:
    """Import files into a data set; a refused file is reported and has no other effect.

    Raises InvalidInput when the request itself is invalid. The first data set with real prices
    becomes the active one.
    """
    paths = expand(list(request.paths))
    context = ImportContext(
        calendar or nse_calendar(),
        clock.now().astimezone(IST).date(),
        read_renames(request.renames),
        read_known_symbols(request.symbols) if request.symbols else None,
    )
    report = ImportReport(request.data_set, created=not store.exists(request.data_set))
    now = clock.now().isoformat()
    new = Manifest(request.data_set, "", "", now, now, source=request.source or "import")
    with open_draft(store, request.data_set, new=new) as draft:
        had_candles = draft.manifest.candles > 0
        intake = Intake(draft, request, context, now)
        batch = _Batch(intake, clock, report)
        for path, kind in _with_actions(request, paths):
            progress(path.name, len(report.files), len(paths))
            batch.add(path, kind)
        progress("Merging", len(paths), len(paths))
        batch.flush()
        if not report.refused:
            intake.settle_basis()
            batch.flush()
        _describe(report, draft.manifest)
        if draft.manifest.content_hash:
            _count_gaps(report, intake, context.calendar)
    if report.candles and not had_candles:
        _activate(store, report)
    return report


def _with_actions(request: ImportRequest, paths: list[Path]) -> list[tuple[Path, str]]:
    first = [path for path in (request.actions, request.dividends) if path is not None]
    return [*((path, "actions") for path in first), *((path, request.kind) for path in paths)]


class _Batch:
    """The files read since the last published version."""

    def __init__(self, intake: Intake, clock: Clock, report: ImportReport) -> None:
        self._intake = intake
        self._clock = clock
        self._report = report
        self._files = 0

    def add(self, path: Path, kind: str) -> None:
        """Read one file; a refusal is recorded in its report."""
        report = FileReport(str(path))
        rejects: tuple[Reject, ...] = ()
        try:
            rejects = self._intake.read(path, kind, report, flush=self.flush)
        except TooManyRejects as error:
            report.error, rejects = error.message, error.rejects
        except InvalidInput as error:
            report.error = error.message
        if report.outcome != UNCHANGED:
            report.outcome = REFUSED if report.error else IMPORTED
        if rejects:
            report.rejects_file = self._write(path, "rejects", rejects_csv(rejects))
        if report.not_applied:
            rows = not_applied_csv(report.not_applied)
            report.not_applied_file = self._write(path, "not-applied", rows)
        self._report.files.append(report)
        self._files += report.outcome == IMPORTED
        if self._files >= BATCH_FILES or self._intake.staged_rows >= BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Publish what was read, if it changes anything."""
        self._intake.merge()
        if self._intake.is_changed:
            self._intake.draft.commit(self._clock)
            self._intake.is_changed = False
        self._files = 0

    def _write(self, path: Path, what: str, rows: bytes) -> str:
        folder = self._intake.draft.folder / "rejects"
        target = folder / f"{Path(path.name).stem[:80]}.{what}.csv"
        write_atomically(target, rows)
        return str(target)


def _describe(report: ImportReport, manifest: Manifest) -> None:
    if not manifest.content_hash:  # nothing was imported: no new set is created
        report.created = False
        return
    report.basis, report.data_version = manifest.basis, manifest.data_version
    report.symbols, report.candles = manifest.symbols, manifest.candles
    report.first, report.last = manifest.first, manifest.last
    if manifest.basis == "raw":
        report.notes.append(
            "Prices are unadjusted: a split or bonus looks like a crash. Import the corporate "
            "actions to adjust them: tradertape data import --basis split --actions FILE"
        )


def _count_gaps(report: ImportReport, intake: Intake, calendar: Calendar) -> None:
    dense = intake.draft.served()
    gaps = find_gaps(
        dense.dates, dense.symbols, dense.values["close"], dense.values["volume"], calendar
    )
    report.gaps = gaps.total
    if gaps.total:
        worst = ", ".join(f"{symbol} {count}" for symbol, count in gaps.by_symbol[:5])
        report.notes.append(f"{gaps.total:,} candles are missing against the calendar: {worst}")


def _activate(store: MarketStore, report: ImportReport) -> None:
    """Activate the first data set with real prices."""
    if store.active() in {None, SIMULATED}:
        store.activate(report.data_set)
        report.activated = True
