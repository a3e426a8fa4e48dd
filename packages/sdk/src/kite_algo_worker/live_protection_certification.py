"""Judge whether a server's protection fired as it should: pure functions for a certification run.

A run on a small live position patches its protection so that a rule must fire at once
(`choose_immediate_threshold`), observes, and passes the facts to `summarize_scenario_verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from kite_algo_worker.exceptions import InvalidInputError

__all__ = [
    "FLATTEN_SUCCESS_STATUSES",
    "IMMEDIATE_THRESHOLD_FACTOR",
    "MIN_IMMEDIATE_THRESHOLD_PCT",
    "TERMINAL_RUN_STATUSES",
    "CertificationScenarioVerdict",
    "choose_immediate_threshold",
    "flatten_result_succeeded",
    "normalize_leg_side",
    "summarize_scenario_verdict",
]

IMMEDIATE_THRESHOLD_FACTOR = 0.8
MIN_IMMEDIATE_THRESHOLD_PCT = 0.0001
TERMINAL_RUN_STATUSES = frozenset({"closed", "completed", "exited"})
FLATTEN_SUCCESS_STATUSES = TERMINAL_RUN_STATUSES | {"flattened", "ok", "success"}

_SIDES = {"BUY": "BUY", "LONG": "BUY", "SELL": "SELL", "SHORT": "SELL"}


def normalize_leg_side(side: Any, *, net_quantity: Any = None) -> str | None:
    """Return BUY or SELL of a leg: from its text (also LONG, SHORT), else from its quantity's sign.

    None if neither does.
    """
    given = _SIDES.get(str(side or "").strip().upper())
    if given is not None:
        return given
    try:
        quantity = int(net_quantity or 0)
    except (TypeError, ValueError, OverflowError):
        return None
    if quantity == 0:
        return None
    return "BUY" if quantity > 0 else "SELL"


def choose_immediate_threshold(
    current_pnl_pct: float | None,
    *,
    rule_kind: Literal["stoploss", "target"],
    factor: float = IMMEDIATE_THRESHOLD_FACTOR,
    min_threshold_pct: float = MIN_IMMEDIATE_THRESHOLD_PCT,
) -> float | None:
    """Return a threshold, in percent, that the present P&L is already beyond.

    None where there is none: P&L unknown, a stoploss while not losing, a target while not winning.
    Raises InvalidInputError unless 0 < factor < 1, min_threshold_pct > 0 and rule_kind is one of
    the two.
    """
    if current_pnl_pct is None:
        return None
    if not 0 < factor < 1:
        raise InvalidInputError(f"factor must be between 0 and 1, was {factor}")
    if min_threshold_pct <= 0:
        raise InvalidInputError(f"min_threshold_pct must be > 0, was {min_threshold_pct}")
    if rule_kind not in ("stoploss", "target"):
        raise InvalidInputError(f"rule_kind must be 'stoploss' or 'target', was {rule_kind!r}")
    towards_rule = float(current_pnl_pct) * (-1.0 if rule_kind == "stoploss" else 1.0)
    if not towards_rule > 0:
        return None
    return round(max(min_threshold_pct, towards_rule * factor), 4)


def flatten_result_succeeded(flatten_result: Mapping[str, Any] | None) -> bool:
    """Whether an emergency flatten reported success in its `status`."""
    return _word((flatten_result or {}).get("status")) in FLATTEN_SUCCESS_STATUSES


@dataclass(frozen=True)
class CertificationScenarioVerdict:
    """The result of a scenario. status: `passed` or `failed`; details: the facts it rests on."""

    scenario: str
    status: Literal["passed", "failed"]
    reason: str
    expected_rule: str | None = None
    observed_rule: str | None = None
    flatten_required: bool = False
    flatten_attempted: bool = False
    details: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain values."""
        return asdict(self)


def summarize_scenario_verdict(
    scenario: str,
    *,
    expected_rule: str | None = None,
    observed_facts: Mapping[str, Any] | None = None,
) -> CertificationScenarioVerdict:
    """Return the verdict on a scenario.

    expected_rule: the rule that had to fire; None for a scenario that only patches the protection.
    observed_facts, all optional: `error`, `cleanup_error`, `flatten_required`, `flatten_confirmed`,
    `flatten_attempted`, `flatten_result`; of a patch `mutated`, `version_before`, `version_after`,
    `generation_before`, `generation_after`; of a rule `triggered_rule`, `run_status`,
    `broker_flat`, `worker_orders_visible`, `worker_trades_visible`, `threshold_pct`,
    `current_pnl_pct`.
    """
    facts = dict(observed_facts or {})
    required, attempted = bool(facts.get("flatten_required")), bool(facts.get("flatten_attempted"))
    failure = _unsafe(facts)
    if failure is None and expected_rule is None:
        moved = _advanced(facts)
        did = "advanced" if moved else "did not advance"
        return CertificationScenarioVerdict(
            scenario=scenario,
            status="passed" if moved else "failed",
            reason=f"protection patch {did} runtime generation/version",
            details=facts,
        )
    if failure is None and expected_rule is not None:
        failure = _missed(facts, expected_rule)
    blocked = failure == _NOT_CONFIRMED
    return CertificationScenarioVerdict(
        scenario=scenario,
        status="failed" if failure else "passed",
        reason=failure or "observed expected protection trigger and clean terminal exit",
        expected_rule=expected_rule,
        observed_rule=facts.get("triggered_rule"),
        flatten_required=required,
        flatten_attempted=attempted and not blocked,
        details=facts,
    )


_NOT_CONFIRMED = "emergency flatten required but KITE_ALGO_CONFIRM_FLATTEN=YES was not set"


def _unsafe(facts: Mapping[str, Any]) -> str | None:
    """Return why the scenario went wrong before any rule is looked at."""
    if facts.get("error"):
        return str(facts["error"])
    if facts.get("cleanup_error"):
        return f"cleanup safety check failed: {facts['cleanup_error']}"
    if facts.get("flatten_required") and not facts.get("flatten_confirmed"):
        return _NOT_CONFIRMED
    if facts.get("flatten_attempted") and not flatten_result_succeeded(facts.get("flatten_result")):
        return "emergency flatten was attempted but did not report a successful terminal status"
    return None


def _advanced(facts: Mapping[str, Any]) -> bool:
    """Say whether a patch arrived: changed or a newer version, and no older generation."""
    moved = bool(facts.get("mutated")) or _newer(facts, "version") is True
    return moved and _newer(facts, "generation") is not False


def _newer(facts: Mapping[str, Any], what: str) -> bool | None:
    before, after = facts.get(f"{what}_before"), facts.get(f"{what}_after")
    return None if before is None or after is None else int(after) > int(before)


def _missed(facts: Mapping[str, Any], expected_rule: str) -> str | None:
    """Return what a rule that had to fire lacks, the first of the list; None if nothing."""
    seen = facts.get("triggered_rule") == expected_rule
    if not seen and facts.get("threshold_pct") is None and facts.get("current_pnl_pct") is not None:
        return "current pnl sign could not support an immediate threshold for the requested rule"
    if seen:
        over = _word(facts.get("run_status")) in TERMINAL_RUN_STATUSES
        for holds, lack in (
            (over, "run did not reach a clean terminal state"),
            (facts.get("broker_flat"), "broker exposure was not confirmed flat"),
            (facts.get("worker_orders_visible"), "worker order visibility was incomplete"),
            (facts.get("worker_trades_visible"), "worker trade visibility was incomplete"),
        ):
            if not holds:
                return f"expected rule triggered but {lack}"
    if facts.get("flatten_attempted"):
        return "expected rule triggered but required emergency flatten fallback"
    return None if seen else "observed protection trigger did not match expectation"


def _word(status: Any) -> str:
    return str(status or "").strip().lower()
