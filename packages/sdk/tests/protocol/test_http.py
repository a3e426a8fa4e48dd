"""Which calls are repeated, how responses are read, and what errors say."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

import kite_algo_worker as kaw

ORDER = kaw.equity_market_order("INFY", "BUY", 1)


def test_a_read_is_repeated_until_it_succeeds(
    server: Any, client: Any, pauses: list[float]
) -> None:
    server.answer_with(server.dropped(), server.answer(status=503), server.answer({"ok": 1}))
    assert client.health() == {"ok": 1}
    assert pauses == [0.5, 1.0]


def test_a_read_fails_after_the_last_try(server: Any, client: Any, pauses: list[float]) -> None:
    server.answer_with(server.answer({"detail": "maintenance"}, 503))
    with pytest.raises(kaw.KiteAlgoWorkerError, match="maintenance") as caught:
        client.get_quotes(["NSE:INFY"])
    assert caught.value.status_code == 503
    assert len(server.asked) == 4
    assert pauses == [0.5, 1.0, 2.0]


def test_a_read_waits_for_the_time_in_retry_after(
    server: Any, client: Any, pauses: list[float]
) -> None:
    server.answer_with(server.answer(status=429, Retry_After="7"), server.answer({"ok": 1}))
    assert client.health() == {"ok": 1}
    assert pauses == [7.0]


def test_a_read_does_not_wait_for_minutes(server: Any, client: Any, pauses: list[float]) -> None:
    server.answer_with(server.answer(status=429, Retry_After="600"))
    with pytest.raises(kaw.KiteAlgoWorkerError) as caught:
        client.health()
    assert caught.value.retry_after_s == 600.0
    assert pauses == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500])
def test_a_refused_read_is_not_repeated(server: Any, client: Any, status: int) -> None:
    server.answer_with(server.answer({"detail": "no"}, status))
    with pytest.raises(kaw.KiteAlgoWorkerError):
        client.get_run("r-1")
    assert len(server.asked) == 1


def test_an_order_whose_answer_is_lost_is_repeated_with_its_key(server: Any, known: Any) -> None:
    """KP-02."""
    server.answer_with(server.dropped(), server.dropped(), server.answer({"order_id": "1"}))
    placed = known.place_order("r-1", ORDER, "r-1:entry:001", safety_token="st")
    assert placed == {"order_id": "1"}
    first, second, third = server.asked
    assert first.body == second.body == third.body
    assert first.document["idempotency_key"] == "r-1:entry:001"


def test_an_order_that_is_still_being_placed_is_waited_for(
    server: Any, known: Any, pauses: list[float]
) -> None:
    busy = server.answer(
        {"detail": "being placed"}, 409, X_Error_Code="idempotency_key_in_progress", Retry_After="1"
    )
    server.answer_with(server.dropped(), busy, server.answer({"order_id": "1"}))
    assert known.place_order("r-1", ORDER, "r-1:entry:001") == {"order_id": "1"}
    assert pauses == [0.5, 1.0]


def test_an_order_without_an_answer_has_an_unknown_outcome(server: Any, known: Any) -> None:
    server.answer_with(server.dropped())
    with pytest.raises(kaw.OutcomeUnknownError, match="same idempotency key") as caught:
        known.place_order("r-1", ORDER, "r-1:entry:001")
    assert len(server.asked) == 4
    assert caught.value.request_id == server.asked[-1].headers["X-Request-Id"]


@pytest.mark.parametrize("status", [500, 503, 504])
def test_an_order_that_fails_with_a_status_is_not_repeated(
    server: Any, known: Any, status: int
) -> None:
    server.answer_with(server.answer({"detail": "no"}, status))
    with pytest.raises(kaw.KiteAlgoWorkerError):
        known.place_order("r-1", ORDER, "r-1:entry:001")
    assert len(server.asked) == 1


def test_a_rate_limited_order_is_repeated_with_its_key(server: Any, known: Any) -> None:
    """429 means that nothing was placed: the client waits as long as it is asked to."""
    too_fast = server.answer({"detail": "slow down"}, 429, Retry_After="2")
    server.answer_with(too_fast, too_fast, server.answer({"order_id": "7"}))
    slept: list[float] = []
    known._sleep = slept.append
    assert known.place_order("r-1", ORDER, "r-1:entry:001") == {"order_id": "7"}
    assert slept == [2.0, 2.0]
    assert len({one.body for one in server.asked}) == 1


def test_an_order_that_stays_rate_limited_fails(server: Any, known: Any) -> None:
    server.answer_with(*[server.answer({"detail": "slow down"}, 429, Retry_After="1")] * 4)
    known._sleep = lambda _seconds: None
    with pytest.raises(kaw.KiteAlgoWorkerError, match="slow down") as caught:
        known.place_order("r-1", ORDER, "r-1:entry:001")
    assert (caught.value.status_code, len(server.asked)) == (429, 4)


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.exit_run("r-1"),
        lambda client: client.claim_session("r-1"),
        lambda client: client.patch_risk("r-1", {"a": 1}),
        lambda client: client.log_decision_event("r-1", event_type="a", summary="b"),
        lambda client: client.options.enter("r-1"),
    ],
)
def test_a_write_without_a_key_is_never_repeated(server: Any, known: Any, write: Any) -> None:
    server.answer_with(server.dropped())
    with pytest.raises(kaw.OutcomeUnknownError, match="read the run"):
        write(known)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.exit_run("r-1", idempotency_key="r-1:exit:001"),
        lambda client: client.exit_run("r-1", dry_run=True),
        lambda client: client.place_basket("r-1", [ORDER], "r-1:basket:001"),
        lambda client: client.options.enter("r-1", {"idempotency_key": "r-1:enter:001"}),
        lambda client: client.options.exit("r-1", {"idempotency_key": "r-1:leave:001"}),
        lambda client: client.preview_order("r-1", ORDER),
    ],
)
def test_a_write_with_a_key_and_a_dry_run_are_repeated(server: Any, known: Any, write: Any) -> None:
    server.answer_with(server.dropped(), server.answer({"done": True}))
    assert write(known) == {"done": True}
    assert server.asked[0].body == server.asked[1].body


def test_a_refused_connection_says_that_nothing_was_sent(server: Any, client: Any) -> None:
    server.close()
    with pytest.raises(kaw.TransportError, match="it was not sent") as caught:
        client.claim_session("r-1")
    assert not isinstance(caught.value, kaw.OutcomeUnknownError)
    assert caught.value.status_code == 0
    assert caught.value.__cause__ is not None


def test_a_redirect_is_an_error_and_not_followed(server: Any, client: Any) -> None:
    server.answer_with(server.answer(status=301, Location="https://elsewhere/api?token=x"))
    with pytest.raises(kaw.KiteAlgoWorkerError, match="set base_url") as caught:
        client.exit_run("r-1", idempotency_key="r-1:exit:001")
    assert "token=x" not in str(caught.value)
    assert len(server.asked) == 1


def test_no_text_shows_the_token(server: Any, client: Any) -> None:
    """KC-01."""
    assert "kwa_secret" not in repr(client.config)
    server.answer_with(server.dropped())
    with pytest.raises(kaw.TransportError) as caught:
        client.health()
    told = "".join(traceback.format_exception(caught.type, caught.value, caught.tb))
    assert "kwa_secret" not in told


def test_an_empty_or_non_json_body_of_a_success_is_an_object(server: Any, client: Any) -> None:
    server.answer_with(server.answer("", 204), server.answer("plain"))
    assert client.health() == {}
    assert client.health() == {"raw": "plain"}


def test_nan_is_refused_before_it_is_sent(server: Any, known: Any) -> None:
    """KO-05."""
    with pytest.raises(ValueError, match="JSON"):
        known.patch_risk("r-1", {"stop_loss_pct": float("nan")})
    assert server.asked == []


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.cancel_order("r-1", "o-1"),
        lambda client: client.modify_order("r-1", "o-1", {"quantity": 2}),
        lambda client: client.place_gtt({"type": "single"}),
        lambda client: client.modify_gtt(7, {"type": "single"}),
        lambda client: client.delete_gtt(7),
    ],
)
def test_a_change_is_repeated_under_a_key_of_its_own(server: Any, known: Any, write: Any) -> None:
    """The server carries it out once, also where it was told to be busy and did it then."""
    paused = server.answer({"detail": "paused"}, 503, X_Error_Code="trading_paused")
    server.answer_with(server.dropped(), paused, server.answer({"trigger_id": 7}))
    write(known)
    (key,) = {one.headers["Idempotency-Key"] for one in server.asked}
    assert len(server.asked) == 3
    write(known)
    assert server.asked[-1].headers["Idempotency-Key"] != key, "another command"


def test_a_change_without_an_answer_says_to_look_first(server: Any, known: Any) -> None:
    """Its key is not known to the caller."""
    server.answer_with(server.dropped())
    with pytest.raises(kaw.OutcomeUnknownError, match="read the run"):
        known.cancel_order("r-1", "o-1")
