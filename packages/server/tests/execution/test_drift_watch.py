"""AR-01, AR-03: a difference is told of once it has lasted over a reading of the order book."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tradertape_core.ledger.drift import Difference
from tradertape_core.orders.order import Product
from tradertape_server.features.execution.drift_watch import UNTOLD_S, DriftWatch

NOW = datetime(2026, 11, 25, 5, tzinfo=UTC)
SHORT = Difference("NFO:NIFTY26DECFUT", Product.NRML, 65, 0)
LESS = Difference("NFO:NIFTY26DECFUT", Product.NRML, 130, 65)


@pytest.fixture
def watch() -> DriftWatch:
    return DriftWatch()


def test_a_first_sight_is_no_drift_and_asks_for_the_order_book(watch):
    assert watch.look([SHORT], NOW, 100.0, 95.0)
    assert watch.drifts == ()


def test_it_is_drift_once_a_later_order_book_did_not_explain_it(watch):
    watch.look([SHORT], NOW, 100.0, 95.0)
    assert watch.look([SHORT], NOW, 115.0, 99.0), "that book began before it was seen"
    assert watch.drifts == ()
    assert not watch.look([SHORT], NOW, 130.0, 116.0)
    [found] = watch.drifts
    assert (found.difference, found.since) == (SHORT, NOW)
    assert found.words.startswith(
        "NFO:NIFTY26DECFUT (NRML): 65 units recorded here, 0 at the broker."
    )


def test_a_fill_begins_it_anew_and_agreement_ends_it(watch):
    watch.look([SHORT], NOW, 100.0, 95.0)
    watch.look([LESS], NOW, 115.0, 110.0)
    assert watch.drifts == ()
    watch.look([LESS], NOW, 130.0, 120.0)
    assert [one.difference for one in watch.drifts] == [LESS]
    watch.look([], NOW, 145.0, 140.0)
    assert watch.drifts == ()


def test_where_another_process_reads_the_book_it_takes_a_while(watch):
    watch.look([SHORT], NOW, 100.0, None)
    watch.look([SHORT], NOW, 100.0 + UNTOLD_S - 1, None)
    assert watch.drifts == ()
    watch.look([SHORT], NOW, 100.0 + UNTOLD_S, None)
    assert len(watch.drifts) == 1
