"""Reads that use up their limit keep nobody from exits, cancellations and the kill switch."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from flow_clients import PREFIX
from flow_servers import eventually

EXITS, CANCELS, SWITCHES, READERS = 10, 10, 6, 2
SHARE, SCOPE = "NSE:INFY", "kite:paper-a"
Json = dict[str, Any]


@pytest.fixture
def http(fresh_server: Any) -> Iterator[httpx.Client]:
    """A worker's client, which repeats nothing."""
    token = fresh_server.worker("reader")["KITE_ALGO_WORKER_TOKEN"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=fresh_server.url, headers=headers, timeout=60) as client:
        yield client


def ask(http: httpx.Client, path: str, body: Json) -> Json:
    answer = http.post(f"{PREFIX}/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def place(http: httpx.Client, number: int, **more: Any) -> tuple[str, str]:
    """A new run with one order: the ids of both."""
    wanted = {"template_id": "reads", "account_scope": SCOPE, "execution_mode": "paper"}
    run = ask(http, "runs", {**wanted, "metadata": {"price_band_pct": 20}})["strategy_run_id"]
    order = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "product": "MIS",
        "order_type": "MARKET", "quantity": 1, **more,
    }  # fmt: skip
    body = {
        "intent_type": "place_order",
        "payload": {"order": order},
        "idempotency_key": f"reads:{number:04}",
        "metadata": {},
    }
    return run, ask(http, f"runs/{run}/intents", body)["order_id"]


@contextmanager
def reading(http: httpx.Client) -> Iterator[Counter[int]]:
    """Threads that read funds as fast as they can; the statuses they were answered with."""
    seen, over = Counter[int](), threading.Event()

    def read() -> None:
        with httpx.Client(base_url=http.base_url, headers=http.headers, timeout=60) as own:
            while not over.is_set():
                answer = own.get(f"{PREFIX}/funds", params={"account_scope": SCOPE})
                seen[answer.status_code] += 1

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.slow
def test_reads_keep_nobody_from_exits_cancels_and_the_kill_switch(
    fresh_server: Any, http: httpx.Client
) -> None:
    """At the default limits: the reads are refused, and no exit, cancel or kill switch is."""
    quotes = ask(http, "market/quotes", {"symbols": [SHARE]})["quotes"]
    far = {"order_type": "LIMIT", "price": round(quotes[SHARE]["last_price"] * 0.93)}
    bought = [place(http, number)[0] for number in range(EXITS)]
    resting = [place(http, EXITS + number, **far) for number in range(CANCELS)]
    user = httpx.Client(
        base_url=fresh_server.url, cookies={"kite_session": fresh_server.session_token},
        headers={"Origin": fresh_server.url}, timeout=60,
    )  # fmt: skip
    seen: dict[str, Counter[int]] = {"exit": Counter(), "cancel": Counter(), "switch": Counter()}
    with user, reading(http) as reads:
        eventually(lambda: reads[429], 120, "the reads are over their limit")
        before = reads.total()
        for number in range(max(EXITS, CANCELS, SWITCHES)):
            if number < SWITCHES:  # again and again
                answer = user.post("/api/risk/kill", json={"cancel_orders": False})
                seen["switch"][answer.status_code] += 1
            run, order = resting[number]
            answer = http.post(f"{PREFIX}/orders/{order}/cancel", json={"strategy_run_id": run})
            seen["cancel"][answer.status_code] += 1
            answer = http.post(f"{PREFIX}/runs/{bought[number]}/exit", json={"reason": "enough"})
            seen["exit"][answer.status_code] += 1
        beside = reads.total() - before
    sys.stdout.write(f"\n{dict(reads)} reads, {beside} meanwhile: {seen}\n")
    assert seen == {"exit": {200: EXITS}, "cancel": {200: CANCELS}, "switch": {200: SWITCHES}}
    assert beside > 0
    statuses = Counter(status_of(http, run, order) for run, order in resting)
    assert statuses == {"CANCELLED": CANCELS}
    closed = Counter(eventually(lambda run=run: is_closed(http, run), 60, run) for run in bought)
    assert closed == {True: EXITS}


def read_run(http: httpx.Client, path: str, **params: str) -> Json:
    """A read that waits for its limit: the readers have used it up."""

    def found() -> httpx.Response | None:
        answer = http.get(f"{PREFIX}/{path}", params=params)
        return None if answer.status_code == 429 else answer

    answer = eventually(found, 60, path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def status_of(http: httpx.Client, run: str, order: str) -> str:
    orders = read_run(http, "orders", strategy_run_id=run)["orders"]
    return next(one["status"] for one in orders if one["order_id"] == order)


def is_closed(http: httpx.Client, run: str) -> bool:
    return read_run(http, f"runs/{run}")["status"] == "closed"
