"""Verdicts on protection scenarios, as a table."""

from __future__ import annotations

import pytest

from kite_algo_worker import live_protection_certification as certification
from kite_algo_worker.live_protection_certification import (
    CertificationScenarioVerdict,
    choose_immediate_threshold,
    flatten_result_succeeded,
    normalize_leg_side,
    summarize_scenario_verdict,
)


@pytest.mark.parametrize(
    ("side", "quantity", "expected"),
    [
        ("buy", None, "BUY"),
        (" Long ", -5, "BUY"),
        ("SELL", None, "SELL"),
        ("short", 5, "SELL"),
        (None, 3, "BUY"),
        ("", "-3", "SELL"),
        ("flat", 0, None),
        (None, None, None),
        (None, "many", None),
        (None, float("inf"), None),
        ("BUYER", 2.9, "BUY"),
    ],
)
def test_a_side_is_read_from_its_text_or_the_sign(side, quantity, expected):
    assert normalize_leg_side(side, net_quantity=quantity) == expected


@pytest.mark.parametrize(
    ("pnl", "rule", "more", "expected"),
    [
        (None, "stoploss", {}, None),
        (-1.0, "stoploss", {}, 0.8),
        (-1.0, "target", {}, None),
        (2.5, "target", {}, 2.0),
        (2.5, "stoploss", {}, None),
        (0.0, "stoploss", {}, None),
        (0, "target", {}, None),
        (-0.00001, "stoploss", {}, 0.0001),
        (-1.23456, "stoploss", {}, 0.9876),
        (3.0, "target", {"factor": 0.5}, 1.5),
        (0.2, "target", {"min_threshold_pct": 1.0}, 1.0),
        (None, "neither", {"factor": 5}, None),  # nothing is checked without a P&L
        (float("nan"), "target", {}, None),
    ],
)
def test_a_threshold_lies_just_inside_the_present_pnl(pnl, rule, more, expected):
    assert choose_immediate_threshold(pnl, rule_kind=rule, **more) == expected


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"factor": 0}, "factor must be between 0 and 1, was 0"),
        ({"factor": 1}, "factor must be between 0 and 1, was 1"),
        ({"min_threshold_pct": 0}, "min_threshold_pct must be > 0, was 0"),
        ({"rule_kind": "trailing"}, "rule_kind must be 'stoploss' or 'target', was 'trailing'"),
    ],
)
def test_a_wrong_threshold_is_refused(more, text):
    with pytest.raises(ValueError, match=text):
        choose_immediate_threshold(-1.0, **{"rule_kind": "stoploss", **more})


@pytest.mark.parametrize("status", sorted(certification.FLATTEN_SUCCESS_STATUSES))
def test_a_flatten_succeeds_by_its_status(status):
    assert flatten_result_succeeded({"status": f" {status.upper()} "})


@pytest.mark.parametrize("result", [None, {}, {"status": None}, {"status": ""}, {"status": "open"}])
def test_any_other_flatten_failed(result):
    assert not flatten_result_succeeded(result)


CLEAN = {
    "triggered_rule": "stoploss",
    "run_status": "Exited",
    "broker_flat": True,
    "worker_orders_visible": True,
    "worker_trades_visible": True,
    "threshold_pct": 0.8,
}
OVER = {"flatten_required": True, "flatten_confirmed": True, "flatten_attempted": True}
FAILED, PASSED = "failed", "passed"
# facts, expected rule -> status, part of the reason
VERDICTS = {
    "an error": ({**CLEAN, "error": "boom", "cleanup_error": "x"}, "stoploss", FAILED, "boom"),
    "a cleanup error": ({**CLEAN, "cleanup_error": "open"}, "stoploss", FAILED, "cleanup safety"),
    "a flatten not confirmed": ({"flatten_required": True}, None, FAILED, "CONFIRM_FLATTEN=YES"),
    "a flatten that failed": ({**OVER, "flatten_result": {}}, None, FAILED, "did not report"),
    "a patch": ({"mutated": True}, None, PASSED, "advanced"),
    "a patch by version": ({"version_before": 1, "version_after": 2}, None, PASSED, "advanced"),
    "no patch": ({}, None, FAILED, "did not advance"),
    "the same version": ({"version_before": 2, "version_after": 2}, None, FAILED, "did not"),
    "a patch without a generation": (
        {"mutated": True, "generation_before": 4, "generation_after": 4}, None, FAILED, "did not",
    ),
    "a patch and a generation": (
        {"mutated": True, "generation_before": "4", "generation_after": 5}, None, PASSED, "adv",
    ),
    "a generation alone": ({"generation_before": 4, "generation_after": 5}, None, FAILED, "did"),
    "a clean exit": (CLEAN, "stoploss", PASSED, "clean terminal exit"),
    "another rule": ({**CLEAN, "triggered_rule": "target"}, "stoploss", FAILED, "did not match"),
    "no threshold": (
        {"current_pnl_pct": 0.4}, "stoploss", FAILED, "pnl sign could not support",
    ),
    "no threshold and no pnl": ({}, "stoploss", FAILED, "did not match"),
    "not terminal": ({**CLEAN, "run_status": "open"}, "stoploss", FAILED, "clean terminal state"),
    "no status": ({**CLEAN, "run_status": None}, "stoploss", FAILED, "clean terminal state"),
    "not flat": ({**CLEAN, "broker_flat": False}, "stoploss", FAILED, "not confirmed flat"),
    "orders unseen": (
        {**CLEAN, "worker_orders_visible": False}, "stoploss", FAILED, "order visibility",
    ),
    "trades unseen": (
        {**CLEAN, "worker_trades_visible": 0}, "stoploss", FAILED, "trade visibility",
    ),
    "a fallback": (
        {**CLEAN, **OVER, "flatten_result": {"status": "ok"}}, "stoploss", FAILED, "fallback",
    ),
    "a fallback without the rule": (
        {**OVER, "flatten_result": {"status": "ok"}}, "target", FAILED, "fallback",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VERDICTS)
def test_a_scenario_gets_its_verdict(name):
    facts, rule, status, reason = VERDICTS[name]
    verdict = summarize_scenario_verdict(name, expected_rule=rule, observed_facts=facts)
    assert verdict.status == status
    assert reason in verdict.reason
    assert verdict.scenario == name
    assert verdict.details == facts


@pytest.mark.parametrize("name", VERDICTS)
def test_a_verdict_is_the_published_one(published_module, name):
    facts, rule, _status, _reason = VERDICTS[name]
    mine = summarize_scenario_verdict(name, expected_rule=rule, observed_facts=facts)
    theirs = published_module("live_protection_certification").summarize_scenario_verdict(
        name, expected_rule=rule, observed_facts=facts
    )
    assert mine.to_dict() == theirs.to_dict()


def test_a_verdict_contains_the_facts():
    verdict = summarize_scenario_verdict("s", expected_rule="stoploss", observed_facts=CLEAN)
    assert verdict == CertificationScenarioVerdict(
        scenario="s",
        status="passed",
        reason="observed expected protection trigger and clean terminal exit",
        expected_rule="stoploss",
        observed_rule="stoploss",
        details=CLEAN,
    )
    assert verdict.to_dict()["observed_rule"] == "stoploss"
    assert summarize_scenario_verdict("none").status == "failed"
