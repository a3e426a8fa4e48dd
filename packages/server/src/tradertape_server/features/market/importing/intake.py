"""Intake of an import: files are staged, merged into the draft, and recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.candles import CandleRows, joined, merge
from tradertape_server.features.market.data_sets.draft import Draft
from tradertape_server.features.market.data_sets.reference_rows import SPLIT, Dividend
from tradertape_server.features.market.importing import basis as bases
from tradertape_server.features.market.importing.actions import parse_actions
from tradertape_server.features.market.importing.candle_files import (
    CandleFile,
    ImportContext,
    read_candle_file,
)
from tradertape_server.features.market.importing.parsing.file_tables import Table, read_table
from tradertape_server.features.market.importing.parsing.input_files import (
    InputFile,
    open_input_file,
)
from tradertape_server.features.market.importing.parsing.layouts import kind_of
from tradertape_server.features.market.importing.parsing.lists import (
    parse_bands,
    parse_instruments,
    parse_membership,
)
from tradertape_server.features.market.importing.report import (
    UNCHANGED,
    FileReport,
    NotAppliedAction,
    Reject,
    counted,
)
from tradertape_server.features.market.importing.request import ImportRequest

Rejects = tuple[Reject, ...]
ListRejects = list[tuple[int, str, str]]  # line, symbol, reason
INDICES, CANDLES = "indices", "candles"
_DAY_IN_NAME = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{4})(?!\d)")


@dataclass(slots=True)
class _Staged:
    file: CandleFile
    report: FileReport
    entry: dict[str, Any]


class Intake:
    """Reads files for a draft; the draft's candles change only in `merge`."""

    def __init__(
        self, draft: Draft, request: ImportRequest, context: ImportContext, now: str
    ) -> None:
        self.draft = draft
        self.is_changed = False
        self._request = request
        self._context = context
        self._now = now
        self._staged: dict[str, list[_Staged]] = {CANDLES: [], INDICES: []}

    @property
    def staged_rows(self) -> int:
        return sum(len(one.file.rows) for staged in self._staged.values() for one in staged)

    def read(
        self, path: Path, kind: str, report: FileReport, *, flush: Callable[[], None]
    ) -> Rejects:
        """Read one file; raises InvalidInput to refuse it. `flush` is called before a file whose
        rows overlap staged ones. Returns the rejected rows."""
        source = open_input_file(path)
        kind = report.kind = self._kind(source) if kind == "auto" else kind
        entry = self._entry(source, kind)
        if self._is_known(entry):
            report.outcome = UNCHANGED
            return ()
        if kind in self._staged:
            return self._stage(source, kind, report, entry, flush)
        rejects = self._add_list(read_table(source), kind, source, report)
        report.rejected, report.reasons = len(rejects), counted(rejects)
        self._record(entry, report)
        return rejects

    def merge(self) -> None:
        """Merge the staged candles into the draft and complete the reports of their files."""
        for kind, staged in self._staged.items():
            if not staged:
                continue
            rows = self.draft.candles if kind == CANDLES else self.draft.indices
            merged = merge(rows, joined([one.file.rows for one in staged]))
            setattr(self.draft, kind, merged.rows)
            start = 0
            for one in staged:
                part = slice(start, start + len(one.file.rows))
                start = part.stop
                one.report.new = int(np.count_nonzero(merged.new[part]))
                one.report.changed = int(np.count_nonzero(merged.changed[part]))
                one.report.same = len(one.file.rows) - one.report.new - one.report.changed
                self._record(one.entry, one.report)
            staged.clear()

    def settle_basis(self, of_file: str | None = None) -> None:
        """Set the basis of a new set by its first file; check later files and --basis against it.

        of_file: the basis of the file, "" if it does not state one, None at the end of the import.
        Raises InvalidInput when they do not agree.
        """
        manifest, request = self.draft.manifest, self._request
        has_actions = bool(self.draft.actions)
        stated = of_file or (request.source_basis if of_file is not None else "")
        if not manifest.stored_basis:
            if of_file is None and not request.basis:
                return
            served, stored = bases.bases_of_new_set(
                request.basis, request.source_basis, of_file or "", has_actions=has_actions
            )
        else:
            served, stored = request.basis or manifest.basis, manifest.stored_basis
            bases.check_addition(manifest.name, stored, stated)
            if of_file == "" and not stated and served != stored:
                raise InvalidInput(
                    f"data set {manifest.name} stores raw prices and serves them adjusted: state "
                    "the basis of this file, such as --source-basis raw"
                )
        bases.check_pair(served, stored, has_actions=has_actions)
        if (served, stored) != (manifest.basis, manifest.stored_basis):
            self.draft.manifest = manifest.with_(basis=served, stored_basis=stored)
            self.is_changed = bool(manifest.content_hash) or self.is_changed

    def _kind(self, source: InputFile) -> str:
        if source.suffix == ".json":
            return CANDLES
        return kind_of(read_table(source).headers, self._request.columns)

    def _stage(
        self,
        source: InputFile,
        kind: str,
        report: FileReport,
        entry: dict[str, Any],
        flush: Callable[[], None],
    ) -> Rejects:
        file = read_candle_file(
            source, self._request, self._context, report, of_indices=kind == INDICES
        )
        if kind == CANDLES:
            self.settle_basis(file.basis)
            if self.draft.manifest.stored_basis == SPLIT:
                report.dividends = self._add_dividends(file.dividends())
        if any(_overlap(one.file.rows, file.rows) for one in self._staged[kind]):
            flush()
        self._staged[kind].append(_Staged(file, report, entry))
        return file.rejects

    def _add_list(self, table: Table, kind: str, source: InputFile, report: FileReport) -> Rejects:
        add = {
            "actions": self._add_actions,
            "membership": self._add_membership,
            "instruments": self._add_instruments,
            "bands": self._add_bands,
        }[kind]
        rejects = add(table, source, report)
        if report.rows == 0 and not report.not_applied:
            raise InvalidInput(f"the file has no readable {kind}")
        return tuple(Reject(line, symbol, "", reason) for line, symbol, reason in rejects)

    def _add_actions(self, table: Table, _: InputFile, report: FileReport) -> ListRejects:
        draft, found = self.draft, parse_actions(table)
        report.rows = len(found.actions) + len(found.dividends)
        report.dividends = self._add_dividends(found.dividends)
        report.not_applied = [
            NotAppliedAction(line, symbol, str(day), what)
            for line, symbol, day, what in found.not_applied
        ]
        replaced = {(action.symbol, action.ex_date) for action in found.actions}
        kept = [a for a in draft.actions if (a.symbol, a.ex_date) not in replaced]
        report.new = len(set(found.actions) - set(draft.actions))
        draft.actions = sorted({*kept, *found.actions})
        return found.rejects

    def _add_membership(self, table: Table, source: InputFile, report: FileReport) -> ListRejects:
        draft, request = self.draft, self._request
        universe = request.universe or source.stem.removesuffix("_pit").removesuffix(".csv")
        spells, rejects = parse_membership(table, universe=universe, valid_from=request.valid_from)
        report.rows = len(spells)
        report.new = len(set(spells) - set(draft.membership))
        name = spells[0].universe
        draft.membership = [s for s in draft.membership if s.universe != name] + spells
        return rejects

    def _add_instruments(self, table: Table, _: InputFile, report: FileReport) -> ListRejects:
        draft = self.draft
        rows, rejects = parse_instruments(table)
        report.rows = len(rows)
        report.new = len(set(rows) - set(draft.instruments))
        known = {row.symbol: row for row in draft.instruments} | {r.symbol: r for r in rows}
        draft.instruments = list(known.values())
        return rejects

    def _add_bands(self, table: Table, source: InputFile, report: FileReport) -> ListRejects:
        draft, request = self.draft, self._request
        day = request.valid_from or day_of_name(source.stem)
        bands, rejects = parse_bands(table, valid_from=day, series=request.series)
        report.rows = len(bands)
        report.new = len(set(bands) - set(draft.bands))
        known = {(one.symbol, one.valid_from): one for one in (*draft.bands, *bands)}
        draft.bands = list(known.values())
        return rejects

    def _add_dividends(self, found: list[Dividend]) -> int:
        known = {(d.symbol, d.ex_date): d for d in self.draft.dividends}
        known |= {(d.symbol, d.ex_date): d for d in found}
        self.draft.dividends = list(known.values())
        return len(found)

    def _entry(self, source: InputFile, kind: str) -> dict[str, Any]:
        request = self._request
        reading = (
            request.basis,
            request.source_basis,
            sorted(request.columns.items()),
            request.symbol,
            request.universe,
            str(request.valid_from or ""),
            request.series,
        )
        return {"sha256": source.sha256, "kind": kind, "read_as": repr(reading)}

    def _is_known(self, entry: dict[str, Any]) -> bool:
        return any(
            all(file[key] == value for key, value in entry.items()) for file in self.draft.imports
        )

    def _record(self, entry: dict[str, Any], report: FileReport) -> None:
        self.is_changed = True
        self.draft.imports.append(
            {
                **entry,
                "file": Path(report.file).name,
                "at": self._now,
                "layout": report.layout,
                "rows": report.rows,
                "filtered": report.filtered,
                "rejected": report.rejected,
                "reasons": report.reasons,
            }
        )


def day_of_name(stem: str) -> date | None:
    """The day in the name of NSE's daily files, such as sec_list_30032026; None without one."""
    found = _DAY_IN_NAME.search(stem)
    if found is None:
        return None
    try:
        return date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return None


def _overlap(first: CandleRows, second: CandleRows) -> bool:
    """Whether two files may contain the same candle."""
    if len(first) == 0 or len(second) == 0:
        return False
    apart = first.day.max() < second.day.min() or second.day.max() < first.day.min()
    return not apart and not set(first.names).isdisjoint(second.names)
