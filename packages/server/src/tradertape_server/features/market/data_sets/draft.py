"""A data set being changed: the new version is prepared beside the old one, then published."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyarrow.lib import ArrowException

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets import parquet_tables
from tradertape_server.features.market.data_sets.candles import CandleRows, Dense, digest, spread
from tradertape_server.features.market.data_sets.columns import write_columns
from tradertape_server.features.market.data_sets.damage import DataSetDamaged
from tradertape_server.features.market.data_sets.manifest import Manifest
from tradertape_server.features.market.data_sets.reference_rows import (
    SPLIT,
    Action,
    Dividend,
    InstrumentRow,
    PriceBand,
    Spell,
    adjust,
    served_dividends,
)
from tradertape_server.features.market.data_sets.store import MarketStore, write_atomically
from tradertape_server.features.market.data_sets.tables_check import checksums, damaged_file


@dataclass(slots=True)
class Draft:
    """The content of a set; change it, then `commit`. imports: one document per imported file."""

    store: MarketStore
    manifest: Manifest
    candles: CandleRows
    indices: CandleRows
    actions: list[Action]
    dividends: list[Dividend]
    membership: list[Spell]
    instruments: list[InstrumentRow]
    bands: list[PriceBand]
    imports: list[dict[str, Any]]

    @property
    def folder(self) -> Path:
        return self.store.folder(self.manifest.name)

    def content_hash(self) -> str:
        """Hash of everything that can affect a result."""
        whole = hashlib.sha256(f"1 {self.manifest.basis} {self.manifest.stored_basis}".encode())
        whole.update(digest(self.candles))
        whole.update(digest(self.indices))
        for rows in (self.actions, self.dividends, self.membership, self.instruments):
            whole.update(repr(rows).encode())
        if self.bands:  # else the version is that of a set that cannot have any
            whole.update(repr(self.bands).encode())
        return whole.hexdigest()

    def served(self) -> Dense:
        """The candles as (dates x symbols) matrices, on the basis the set serves."""
        dense = spread(self.candles)
        if self.manifest.stored_basis == "raw" and self.manifest.basis == "split":
            adjust(dense, self.actions)
        return dense

    def commit(self, clock: Clock) -> Manifest:
        """Write the tables, publish them atomically, and fill the column cache."""
        for rows in (self.actions, self.dividends, self.membership, self.instruments, self.bands):
            rows.sort(key=repr)
        dense = self.served()
        described = self._described(dense, clock)
        self.manifest = described.with_(checksums=checksums(self.store, described))
        self.store.publish(self.manifest)
        self.fill_cache(dense)
        return self.manifest

    def fill_cache(self, dense: Dense | None = None) -> None:
        instruments = {row.symbol: (row.name, row.isin, row.sector) for row in self.instruments}
        write_columns(
            self.store.cache_folder(self.manifest),
            dense or self.served(),
            self.indices,
            instruments=instruments,
            spells=_spells_by_universe(self.membership),
            dividends=served_dividends(self.dividends, self.actions, self.manifest.basis),
            splits=[(one.symbol, one.ex_date, one.ratio) for one in self.actions]
            if self.manifest.basis == SPLIT
            else [],
            bands=[(one.symbol, one.valid_from, one.percent) for one in self.bands],
        )

    def _described(self, dense: Dense, clock: Clock) -> Manifest:
        rows = self.candles
        return self.manifest.with_(
            updated_at=clock.now().isoformat(),
            content_hash=self.content_hash(),
            tables=self._written(),
            candles=len(rows),
            symbols=len(dense.symbols),
            first=str(dense.dates[0]) if len(rows) else "",
            last=str(dense.dates[-1]) if len(rows) else "",
            indices=len(self.indices.names),
            files=len(self.imports),
            rejected=sum(file["rejected"] for file in self.imports),
            reject_reasons=_reasons(self.imports),
        )

    def _written(self) -> dict[str, str]:
        folder, interval = self.folder, self.manifest.interval
        files: dict[str, str] = {}
        for name, rows in (("candles", self.candles), ("indices", self.indices)):
            if len(rows):
                files[name] = parquet_tables.write_candles(folder, name, rows, interval=interval)
        small = (
            ("actions", self.actions, Action),
            ("dividends", self.dividends, Dividend),
            ("membership", self.membership, Spell),
            ("instruments", self.instruments, InstrumentRow),
            ("bands", self.bands, PriceBand),
        )
        for name, rows, kind in small:
            if rows:
                files[name] = parquet_tables.write_rows(folder, name, rows, kind)
        if self.imports:
            text = json.dumps(self.imports, indent=0).encode()
            files["imports"] = f"imports-{hashlib.sha256(text).hexdigest()[:16]}.json"
            write_atomically(folder / files["imports"], text)
        return files


@contextlib.contextmanager
def open_draft(store: MarketStore, name: str, *, new: Manifest | None = None) -> Iterator[Draft]:
    """Open a set for changes, under its write lock; `new` describes it if it does not exist."""
    with store.writing(name):
        if new is not None and not store.exists(name):
            yield read_draft(store, new)
        else:
            yield read_draft(store, store.manifest(name))


def read_draft(store: MarketStore, manifest: Manifest) -> Draft:
    """Read all tables of a set.

    Raises DataSetDamaged when they cannot be read, or are not those that were written.
    """
    if problem := damaged_file(store, manifest):
        raise DataSetDamaged(manifest.name, problem)
    draft = read_unchecked(store, manifest)
    if manifest.content_hash and draft.content_hash() != manifest.content_hash:
        raise DataSetDamaged(manifest.name, "its Parquet files have been altered")
    return draft


def read_unchecked(store: MarketStore, manifest: Manifest) -> Draft:
    """Read all tables of a set as they are. Raises DataSetDamaged when they cannot be read."""
    try:
        return _read(store, manifest)
    except (OSError, ValueError, LookupError, TypeError, ArrowException) as error:
        problem = damaged_file(store, manifest) or "its files cannot be read as tables"
        raise DataSetDamaged(manifest.name, problem) from error


def _read(store: MarketStore, manifest: Manifest) -> Draft:
    folder, files = store.folder(manifest.name), manifest.tables
    imports = files.get("imports")
    return Draft(
        store,
        manifest,
        parquet_tables.read_candles(folder, files.get("candles")),
        parquet_tables.read_candles(folder, files.get("indices")),
        parquet_tables.read_rows(folder, files.get("actions"), Action),
        parquet_tables.read_rows(folder, files.get("dividends"), Dividend),
        parquet_tables.read_rows(folder, files.get("membership"), Spell),
        parquet_tables.read_rows(folder, files.get("instruments"), InstrumentRow),
        parquet_tables.read_rows(folder, files.get("bands"), PriceBand),
        json.loads((folder / imports).read_bytes()) if imports else [],
    )


def new_manifest(
    name: str, *, basis: str, stored_basis: str, clock: Clock, source: str, simulated: bool = False
) -> Manifest:
    """Build the manifest of a new set. Raises InvalidInput for incompatible bases."""
    if stored_basis != basis and (stored_basis, basis) != ("raw", "split"):
        raise InvalidInput(f"prices on the basis {stored_basis!r} cannot be converted to {basis!r}")
    now = clock.now().isoformat()
    return Manifest(name, basis, stored_basis, now, now, source=source, simulated=simulated)


def _spells_by_universe(spells: list[Spell]) -> dict[str, list[list[str | None]]]:
    found: dict[str, list[list[str | None]]] = {}
    for spell in spells:
        ends = spell.valid_to.isoformat() if spell.valid_to else None
        row = [spell.symbol, spell.valid_from.isoformat(), ends]
        found.setdefault(spell.universe, []).append(row)
    return found


def _reasons(imports: list[dict[str, Any]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for file in imports:
        for reason, count in file["reasons"].items():
            total[reason] = total.get(reason, 0) + count
    return total
