"""Paper accounts are opened on purpose: a mistyped name opens none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tradertape_server.features.execution.trading_accounts import MOST_ACCOUNTS
from tradertape_server.platform.errors import Conflict

pytestmark = pytest.mark.usefixtures("market")


def names(caller: Any, api: Any) -> list[str]:
    return [one["account_scope"] for one in caller.get(api("accounts")).json()["items"]]


def test_everybody_has_the_first_account_from_the_start(worker: Any, api: Any) -> None:
    for email in ("person@example.com", "b@example.com"):
        caller = worker(email)
        (first,) = caller.get(api("accounts")).json()["items"]
        assert (first["account_scope"], first["kind"]) == ("kite:paper-a", "paper")
        assert first["cash"] == first["opening_cash"] == 1_000_000.0


def test_a_mistyped_account_is_an_error_that_names_those_there_are(
    worker: Any, api: Any, container: Any
) -> None:
    caller = worker()
    wrong = {"account_scope": "kite:papera"}
    run = {"template_id": "t", "strategy_run_id": "run-x", **wrong}
    legs = {"trigger_values": [1400.0], "exchange": "NSE", "tradingsymbol": "INFY"}
    gtt = {
        "type": "single", "condition": {**legs, "last_price": 1500.0},
        "orders": [{
            "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY",
            "quantity": 1, "order_type": "LIMIT", "price": 1400.0, "product": "CNC",
        }],
    }  # fmt: skip
    answers = [
        caller.get(api("funds"), params=wrong),
        caller.get(api("gtt/triggers"), params=wrong),
        caller.post(api("gtt/triggers"), params=wrong, json=gtt),
        caller.post(api("runs"), json=run),
    ]
    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert "there are kite:paper-a" in answer.json()["detail"]
        assert "tradertape account create" in answer.json()["detail"]
    assert names(caller, api) == ["kite:paper-a"]
    assert caller.get(api("runs/run-x")).status_code == 404


def test_reading_many_names_opens_no_account(worker: Any, api: Any, container: Any) -> None:
    caller = worker()
    for number in range(60):
        caller.get(api("funds"), params={"account_scope": f"kite:guess-{number}"})
    assert names(caller, api) == ["kite:paper-a"]


def test_an_account_is_opened_once_with_its_money_and_used(
    worker: Any, api: Any, new_run: Any
) -> None:
    caller, other = worker(), worker("b@example.com")
    body = {"account_scope": "kite:paper-b", "opening_cash": 250_000.5}
    made = caller.post(api("accounts"), json=body)
    assert made.status_code == 200, made.text
    assert (made.json()["cash"], made.json()["broker"]) == (250_000.5, "zerodha")
    again = caller.post(api("accounts"), json=body)
    assert again.status_code == 409
    assert "already" in again.json()["detail"]
    new_run(caller, "run-b", account_scope="kite:paper-b")
    funds = caller.get(api("funds"), params={"account_scope": "kite:paper-b"}).json()
    assert funds["net"] == 250_000.5
    # Another person's account of the same name is another account.
    assert names(other, api) == ["kite:paper-a"]
    assert other.post(api("accounts"), json={"account_scope": "kite:paper-b"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"account_scope": "paper"},
        {"account_scope": "kite:b", "opening_cash": -1},
        {"account_scope": "kite:b", "opening_cash": 1e13},
        {},
    ],
)
def test_what_is_no_account_is_refused(worker: Any, api: Any, body: dict[str, Any]) -> None:
    caller = worker()
    assert caller.post(api("accounts"), json=body).status_code == 422
    assert names(caller, api) == ["kite:paper-a"]


def test_nobody_has_accounts_without_end(worker: Any, api: Any) -> None:
    caller = worker()
    caller.get(api("accounts"))
    statuses = [
        caller.post(api("accounts"), json={"account_scope": f"kite:p{number}"}).status_code
        for number in range(MOST_ACCOUNTS)
    ]
    assert statuses == [200] * (MOST_ACCOUNTS - 1) + [409]


def test_parallel_calls_open_no_more_than_one_may_have(container: Any, worker: Any) -> None:
    worker()
    execution = container.execution
    user_id = container.auth.user_id_of("person@example.com")
    for number in range(MOST_ACCOUNTS - 2):
        execution.open_paper_account(user_id, f"kite:p{number}")

    def open_one(number: int) -> bool:
        try:
            execution.open_paper_account(user_id, f"kite:q{number}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(open_one, range(8))) == 2
    assert len(execution.accounts(user_id)) == MOST_ACCOUNTS


def test_a_token_without_the_scope_opens_none(worker: Any, api: Any) -> None:
    refused = worker(scopes=("data",)).post(api("accounts"), json={"account_scope": "kite:b"})
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (403, "scope_missing")


def test_a_restricted_token_is_not_told_of_other_accounts(worker: Any, api: Any) -> None:
    owner = worker()
    owner.get(api("accounts"))
    assert owner.post(api("accounts"), json={"account_scope": "kite:secret"}).status_code == 200
    caller = worker(accounts=("kite:mine",))
    wanted = {"account_scope": "kite:mine"}
    answers = [
        caller.get(api("funds"), params=wanted),
        caller.get(api("gtt/triggers"), params=wanted),
        caller.get(api("gtt/triggers")),
        caller.post(api("runs"), json={"template_id": "t", **wanted}),
    ]
    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert "You have no account kite:mine. Open it" in answer.json()["detail"]
        assert "secret" not in answer.text
        assert "paper-a" not in answer.text
