"""Orders whose outcome the book does not tell: shown with what may be them, never sent again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.agent.tests.web.test_guards import ask, csrf
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.journal.intents import IntentState
from tradertape_agent.web.app import build_app
from tradertape_brokers.errors import OutcomeUnknown
from tradertape_brokers.kite.gtts import KiteGtts


@pytest.fixture
def own(
    tmp_path: Path, cloud: FakeCloud, running: Running, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)
    with machine(tmp_path, cloud, running) as made:
        yield made


@pytest.fixture
def client(own: Machine) -> FlaskClient:
    return build_app(own.agent).test_client()


@pytest.fixture
def twin(own: Machine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The answer to a placement is lost, and another terminal places the same at that moment."""
    placed: list[str] = []
    inner = KiteGtts.place

    def lost(self: KiteGtts, request: Any) -> str:
        if not placed:
            placed.extend((inner(self, request), inner(self, request)))
            raise OutcomeUnknown("no answer")
        return inner(self, request)

    monkeypatch.setattr(KiteGtts, "place", lost)
    return placed


def doubtful(client: FlaskClient) -> list[dict[str, Any]]:
    return ask(client, "GET", "/api/orders/doubtful").json


def resolve(client: FlaskClient, status: int, **body: Any) -> Any:
    answer = ask(
        client, "POST", "/api/orders/doubtful/sig-1-1/resolve", json=body, headers=csrf(client)
    )
    assert answer.status_code == status, answer.text
    return answer.json


def test_what_the_book_may_still_settle_is_shown_and_not_resolved_by_hand(
    own: Machine, client: FlaskClient, twin: list[str]
) -> None:
    own.cloud.add(1)
    own.agent.desk.primary.check()
    own.agent.loop._hello()
    own.agent.loop._place(own.agent.loop._poll())
    [shown] = doubtful(client)
    assert (shown["state"], shown["can_resolve"], shown["outcomes"]) == ("sending", False, [])
    assert "still being asked" in resolve(client, 409, outcome="absent")["detail"]


def test_one_of_two_triggers_that_fit_is_chosen_and_followed(
    own: Machine, client: FlaskClient, twin: list[str]
) -> None:
    own.cloud.add(1)
    for _ in range(4):
        own.cycle()
        own.later(seconds=40)
    [shown] = doubtful(client)
    assert (shown["state"], shown["outcomes"]) == ("unclear", ["placed", "absent"])
    assert sorted(one["venue_id"] for one in shown["candidates"]) == sorted(twin)
    assert own.cloud.outcomes(1)[-1] == "unknown"
    assert len(own.triggers()) == 2  # nothing was sent again
    assert "no trigger 999" in resolve(client, 409, outcome="placed", venue_id="999")["detail"]
    assert "must be one of" in resolve(client, 422, outcome="perhaps")["detail"]
    assert resolve(client, 200, outcome="placed", venue_id=twin[1])["venue_id"] == twin[1]
    assert "resolved already" in resolve(client, 409, outcome="absent")["detail"]
    own.cycle()
    assert own.cloud.outcomes(1)[-1] == "placed"
    assert own.cloud.results[-1]["gtt_id"] == twin[1]
    assert doubtful(client) == []


def test_a_word_that_it_never_arrived_fails_the_signal(
    own: Machine, client: FlaskClient, twin: list[str]
) -> None:
    own.cloud.add(1)
    for _ in range(4):
        own.cycle()
        own.later(seconds=40)
    resolve(client, 200, outcome="absent")
    own.cycle()
    assert own.cloud.outcomes(1)[-1] == "failed"
    assert len(own.triggers()) == 2


def test_an_order_of_a_day_that_the_broker_no_longer_shows_gets_its_fill_by_hand(
    own: Machine, client: FlaskClient
) -> None:
    own.cloud.add(1)
    own.cycle()
    journal = own.agent.journal
    intent = journal.intents.get("sig-1-1")
    assert intent is not None
    journal.intents.keep(replace(intent, state=IntentState.UNCLEAR), own.watch.now())
    [shown] = doubtful(client)
    assert shown["outcomes"] == ["filled", "not_filled"]
    assert "1 to 10" in resolve(client, 409, outcome="filled", filled=11)["detail"]
    assert "average price" in resolve(client, 409, outcome="filled", filled=10)["detail"]
    assert "the broker had it" in resolve(client, 409, outcome="absent")["detail"]
    resolve(client, 200, outcome="filled", filled=10, average_price="151.25")
    own.cycle()
    told = own.cloud.results[-1]
    assert (told["outcome"], told["filled_quantity"], told["average_price"]) == (
        "filled", 10, 151.25,
    )  # fmt: skip
