"""The output of `tradertape data`: text, and plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradertape_server.features.market.data_sets.verify import Check
    from tradertape_server.features.market.fetching.request import FetchReport
    from tradertape_server.features.market.importing.report import FileReport, ImportReport
    from tradertape_server.features.market.service import DataSetStatus

_FILES_SHOWN = 20
_ACTIONS_SHOWN = 20
_MARKS = {"ok": "✓", "warning": "!", "error": "✗"}


def to_plain(value: Any) -> Any:
    """A report as dicts and lists."""
    if isinstance(value, list | tuple):
        return [to_plain(one) for one in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def import_text(report: ImportReport) -> str:
    """The result of an import, a few lines."""
    files = report.files
    shown = files if len(files) <= _FILES_SHOWN else [f for f in files if f.outcome == "refused"]
    lines = [_file_line(file) for file in shown[:_FILES_SHOWN]]
    if len(files) > _FILES_SHOWN:
        lines += [
            "\n".join((f"{_name(file)}:", *_not_applied_lines(file)))
            for file in files
            if file.not_applied and file.outcome == "imported"
        ]
        came = sum(file.outcome == "imported" for file in files)
        known = sum(file.outcome == "unchanged" for file in files)
        lines.append(
            f"{came:,} files imported, {known:,} unchanged, {len(report.refused):,} refused"
        )
    if report.data_version:
        lines.append(
            f"Data set {report.data_set}: {report.candles:,} candles of {report.symbols:,} "
            f"symbols, {report.first or '–'} to {report.last or '–'}, basis {report.basis or '–'}, "
            f"version {report.data_version}"
        )
    lines.extend(report.notes)
    if report.activated:
        lines.append(
            f"{report.data_set} is now the active data set: new runs use it "
            "(tradertape data use NAME switches)."
        )
    return "\n".join(lines)


def fetch_text(report: FetchReport) -> str:
    """The result of a fetch and of the import after it."""
    lines = [
        f"{report.downloaded:,} downloaded, {report.kept:,} already present, "
        f"{len(report.absent):,} not published, {len(report.failed):,} failed"
    ]
    lines += [f"  not published: {what}" for what in report.absent[:_FILES_SHOWN]]
    lines += [f"  failed: {what}" for what in report.failed[:_FILES_SHOWN]]
    if report.imported is not None:
        lines.append(import_text(report.imported))
    return "\n".join(lines)


def verify_text(checks: Sequence[Check]) -> str:
    """One line a check, its examples below."""
    lines: list[str] = []
    for check in checks:
        lines.append(f"{_MARKS[check.verdict]} {check.name:<11} {check.detail}")
        lines.extend(f"    {example}" for example in check.examples)
    return "\n".join(lines)


def status_rows(sets: Sequence[DataSetStatus]) -> list[dict[str, Any]]:
    """The data sets as plain values."""
    rows: list[dict[str, Any]] = []
    for one in sets:
        manifest = one.manifest
        rows.append(
            {
                "name": manifest.name,
                "active": one.active,
                "simulated": manifest.simulated,
                "basis": manifest.basis,
                "first": manifest.first,
                "last": manifest.last,
                "symbols": manifest.symbols,
                "candles": manifest.candles,
                "indices": manifest.indices,
                "gaps": one.gaps,
                "rejected": manifest.rejected,
                "data_version": manifest.data_version,
                "problem": one.problem,
            }
        )
    return rows


def status_text(sets: Sequence[DataSetStatus]) -> str:
    """The data sets as a table."""
    if not sets:
        return "There is no data set yet: run `tradertape serve --demo`, or import files."
    head = ("", "name", "basis", "first", "last", "symbols", "candles", "gaps", "rejected")
    body = [
        (
            "*" if row["active"] else "",
            row["name"] + (" (simulated)" if row["simulated"] else ""),
            row["basis"] or "–",
            row["first"] or "–",
            row["last"] or "–",
            f"{row['symbols']:,}",
            f"{row['candles']:,}",
            f"{row['gaps']:,}",
            f"{row['rejected']:,}",
        )
        for row in status_rows(sets)
    ]
    widths = [max(len(line[i]) for line in (head, *body)) for i in range(len(head))]
    lines = [_aligned(line, widths) for line in (head, *body)]
    damaged = [f"✗ {one.manifest.name}: {one.problem}" for one in sets if one.problem]
    return "\n".join([*lines, "* used by new runs", *damaged])


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = 5  # the first columns are words, the rest numbers
    parts = [
        cell.ljust(width) if i < texts else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(parts).rstrip()


def _name(file: FileReport) -> str:
    return file.file.rsplit("/", 1)[-1]


def _file_line(file: FileReport) -> str:
    name = _name(file)
    if file.outcome == "refused":
        rejects = f"  rejects: {file.rejects_file}" if file.rejects_file else ""
        return f"✗ {name}: {file.error}{rejects}"
    if file.outcome == "unchanged":
        return f"= {name}: imported before, unchanged"
    parts = [f"{file.rows:,} {file.kind}"]
    if file.kind in {"candles", "indices"}:
        parts.append(f"{file.new:,} new, {file.changed:,} changed, {file.same:,} unchanged")
    if file.filtered:
        parts.append(f"{file.filtered:,} of another basis or series skipped")
    if file.zero_volume:
        parts.append(f"{file.zero_volume:,} without volume")
    if file.dividends:
        parts.append(f"{file.dividends:,} dividends stored separately")
    if file.renamed:
        parts.append("renamed " + ", ".join(f"{a}→{b}" for a, b in sorted(file.renamed.items())))
    lines = [f"✓ {name}: {'; '.join(parts)}"]
    if file.rejected:
        why = ", ".join(f"{reason} ({count:,})" for reason, count in file.reasons.items())
        lines.append(f"    {file.rejected:,} rows rejected: {why}; listed in {file.rejects_file}")
    return "\n".join([*lines, *_not_applied_lines(file)])


def _not_applied_lines(file: FileReport) -> list[str]:
    """The corporate actions that adjust nothing: the first with their lines, all in a file."""
    actions = file.not_applied
    if not actions:
        return []
    lines = [
        f"    {len(actions):,} corporate actions not applied (prices are not adjusted for them, "
        f"nothing is paid); listed in {file.not_applied_file}"
    ]
    lines += [
        f"      line {one.line}: {one.symbol} {one.date} {one.action}"
        for one in actions[:_ACTIONS_SHOWN]
    ]
    if len(actions) > _ACTIONS_SHOWN:
        lines.append(f"      and {len(actions) - _ACTIONS_SHOWN:,} more")
    return lines
