"""What a data set says happened to shares, as the ledger takes it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.market.importing.request import ImportRequest

PRICES = "date,symbol,open,high,low,close,volume\n2026-01-02,INFY,100,102,99,101,1000\n"
ACTIONS = (
    "symbol,ex_date,kind,ratio\n"
    "INFY,2026-01-06,bonus,1:1\nINFY,2026-01-08,split,5\nTCS,2026-01-06,consolidation,0.333333\n"
    "INFY,2026-01-05,dividend,22.5\n"
)
ADJUSTED = "symbol,date,dividend,split_ratio\nINFY,2026-01-05,3,\n"
LATER = date(2026, 2, 1)


@pytest.fixture
def bring(market, tmp_path):
    def bring(text: str, **options):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.csv"
        path.write_text(text)
        request = ImportRequest(paths=(path,), data_set="mine", basis="split", **options)
        report = market.import_files(request)
        assert not report.refused, report.refused
        return report

    return bring


def test_without_a_data_set_nothing_happened(market):
    facts = CorporateFacts(market)
    assert facts.version == ""
    assert (facts.rescalings({"INFY"}, LATER), facts.payments({"INFY"}, LATER)) == ([], [])


def test_ratios_are_whole_parts_and_only_what_is_due_is_told(market, bring):
    bring(PRICES)
    bring(ACTIONS, kind="actions")
    facts = CorporateFacts(market)
    found = facts.rescalings({"INFY", "TCS"}, date(2026, 1, 7))
    assert [(one.symbol, one.kind, one.new, one.old) for one in found] == [
        ("INFY", "bonus", 2, 1),
        ("TCS", "consolidation", 1, 3),
    ]
    assert [one.ex_date for one in facts.rescalings({"INFY"}, LATER)] == [
        date(2026, 1, 6),
        date(2026, 1, 8),
    ]


def test_adjusted_dividends_are_paid_on_the_shares_there_were_then(market, bring):
    bring(PRICES)
    bring(ACTIONS, kind="actions")
    facts = CorporateFacts(market)
    [paid] = facts.payments({"INFY"}, LATER)
    assert (paid.action_id, paid.amount) == ("dividend:INFY:2026-01-05", Decimal("22.5"))
    before = facts.version
    bring(ADJUSTED, kind="actions")
    assert facts.version != before
    [paid] = facts.payments({"INFY"}, LATER)
    assert paid.amount == Decimal("30.0")  # 3.00 of today's shares, of which there were a tenth
    assert facts.payments({"INFY"}, date(2026, 1, 4)) == []
