"""The description of a body accepts what its validators accept: "either, or", and forms."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from tradertape_server.features.auth.schemas import LinkRequest, VerifyLink
from tradertape_server.features.backtests.runs.schemas import BacktestRequest
from tradertape_server.features.backtests.studies.schemas import StudyRequest
from tradertape_server.features.workers.schemas import NewRun

DATES = {"start_date": "2024-01-01", "end_date": "2024-06-30"}
BY_ID = {**DATES, "strategy_id": 1}
BY_DOCUMENT = {**DATES, "strategy": {}}
SWEEP = {"kind": "sweep", "parameters": {"dip_pct": [1, 2]}}
CODE = {"email": "a@example.com", "otp": "123456"}
RUN = {"template_id": "t"}


@pytest.mark.parametrize(
    ("model", "body", "is_valid"),
    [
        (BacktestRequest, BY_ID, True),
        (BacktestRequest, BY_DOCUMENT, True),
        (BacktestRequest, {**BY_ID, "strategy": None}, True),
        (BacktestRequest, DATES, False),
        (BacktestRequest, {**DATES, "strategy_id": None, "strategy": None}, False),
        (BacktestRequest, {**BY_ID, **BY_DOCUMENT}, False),
        (StudyRequest, {**SWEEP, "run_id": "bt_1"}, True),
        (StudyRequest, {**SWEEP, "backtest": BY_ID}, True),
        (StudyRequest, {**SWEEP, "backtest": DATES}, False),
        (StudyRequest, {**SWEEP, "run_id": "bt_1", "backtest": BY_ID}, False),
        (StudyRequest, SWEEP, False),
        (VerifyLink, {"token": "t"}, True),
        (VerifyLink, {"token": "t", "email": "a@example.com"}, True),
        (VerifyLink, CODE, True),
        (VerifyLink, {**CODE, "token": "t"}, False),
        (VerifyLink, {"email": "a@example.com"}, False),
        (VerifyLink, {}, False),
        (LinkRequest, {"email": "a@example.com"}, True),
        (LinkRequest, {"email": "nobody"}, False),
        (NewRun, {**RUN, "account_scope": "kite:paper-a"}, True),
        (NewRun, {**RUN, "account_scope": "paper"}, False),
        (NewRun, {**RUN, "account_scope": "kite:paper-a", "strategy_run_id": "a b"}, False),
        (NewRun, {**RUN, "account_scope": "kite:paper-a", "strategy_run_id": "run-1"}, True),
    ],
)
def test_the_description_says_what_the_validator_says(
    model: type[BaseModel], body: dict[str, Any], is_valid: bool
) -> None:
    validator = Draft202012Validator(
        model.model_json_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    assert validator.is_valid(body) is is_valid
    try:
        model.model_validate(body)
    except ValidationError:
        assert not is_valid
    else:
        assert is_valid
