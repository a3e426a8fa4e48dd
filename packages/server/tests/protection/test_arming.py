"""A protection is read and armed: endpoint 19 (KN-05)."""

from __future__ import annotations

from typing import Any

import pytest

from ..workers.protection_calls import POSITION, protect

Json = dict[str, Any]


def test_a_protection_is_armed_and_its_generation_increases(caller: Any, api: Any) -> None:
    """KN-05."""
    first = protect(caller, api, positions=[POSITION]).json()["backend_protection_state"]
    assert (first["status"], first["generation"]) == ("armed", 1)
    second = protect(caller, api, basket={"stoploss_pct": 4.0}).json()
    assert second["backend_protection_state"]["generation"] == 2
    assert second["backend_protection"]["version"] == 2
    kinds = [
        event["event_type"]
        for event in caller.get(
            api("runs/run-1/timeline"), params={"event_kind": "protection"}
        ).json()["events"]
    ]
    assert kinds == ["protection_updated", "protection_updated"]


def test_a_run_can_be_created_with_a_protection(worker: Any, new_run: Any) -> None:
    """KN-01."""
    made = new_run(worker(), runtime_state={"backend_protection": {"positions": [POSITION]}})
    assert made["runtime_state"]["backend_protection_state"]["status"] == "armed"


def test_a_position_is_found_by_its_token(caller: Any, api: Any) -> None:
    """KN-02."""
    by_token = {key: value for key, value in POSITION.items() if key != "symbol"}
    found = protect(caller, api, positions=[{**by_token, "instrument_token": 408065}]).json()
    assert found["backend_protection_state"]["legs"][0]["instrument"] == "NSE:INFY"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"quantity": 0}, "quantity"),
        ({"product": "MTF"}, "product"),
        ({"stoploss_pct": -1}, "stoploss_pct"),
        ({"symbol": "NSE:NOTHING"}, "symbol"),
        ({"symbol": "INFY"}, "symbol"),
        ({"instrument_token": 2953217}, "instrument_token"),  # that of NSE:TCS
    ],
)
def test_a_broken_rule_names_its_field(caller: Any, api: Any, change: Json, pointer: str) -> None:
    """KN-02."""
    answer = protect(caller, api, positions=[{**POSITION, **change}])
    assert answer.status_code == 422
    problem = answer.json()["detail"][0]
    assert problem["pointer"].endswith(pointer)
    assert "None" not in problem["msg"]
