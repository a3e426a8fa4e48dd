"""Acceptance of altered files as a new version of their data set."""

from __future__ import annotations

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.draft import read_unchecked
from tradertape_server.features.market.data_sets.manifest import Manifest
from tradertape_server.features.market.data_sets.store import MarketStore
from tradertape_server.features.market.data_sets.verify import ERROR, check_rows


def accept(store: MarketStore, name: str, clock: Clock) -> Manifest:
    """Publish the files of a set as they are: altered candles get a data version of their own.

    Raises DataSetDamaged when they cannot be read, InvalidInput when their candles are impossible.
    """
    with store.writing(name):
        draft = read_unchecked(store, store.manifest(name))
        bad = [check for check in check_rows(draft) if check.verdict == ERROR]
        if bad:
            raise InvalidInput(
                f"data set {name} is not accepted: "
                + "; ".join(f"{check.name}: {check.detail}" for check in bad),
                pointer="/data_set",
            )
        return draft.commit(clock)
