"""What is sent again and what is not, and what errors say."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

import kite_algo_worker as kaw

ORDER = kaw.equity_market_order("INFY", "BUY", 1)
RUN = {"strategy_run_id": "r-1", "execution_mode": "paper", "status": "open"}


@pytest.fixture
def known(server: Any, client: Any) -> Any:
    """A client that knows the run r-1."""
    server.answer_with(server.answer(RUN))
    client.get_run("r-1")
    server.asked.clear()
    return client


def test_a_read_is_tried_again_until_it_is_answered(
    server: Any, client: Any, pauses: list[float]
) -> None:
    server.answer_with(server.dropped(), server.answer(status=503), server.answer({"ok": 1}))
    assert client.health() == {"ok": 1}
    assert pauses == [0.5, 1.0]


def test_a_read_is_given_up_after_the_last_try(
    server: Any, client: Any, pauses: list[float]
) -> None:
    server.answer_with(server.answer({"detail": "maintenance"}, 503))
    with pytest.raises(kaw.KiteAlgoWorkerError, match="maintenance") as caught:
        client.get_quotes(["NSE:INFY"])
    assert caught.value.status_code == 503
    assert len(server.asked) == 4
    assert pauses == [0.5, 1.0, 2.0]


def test_a_read_waits_as_long_as_the_server_asks(
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


def test_an_order_whose_answer_is_lost_is_sent_again_under_its_key(server: Any, known: Any) -> None:
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


def test_an_order_that_is_never_answered_is_in_doubt(server: Any, known: Any) -> None:
    server.answer_with(server.dropped())
    with pytest.raises(kaw.OutcomeUnknownError, match="same idempotency key") as caught:
        known.place_order("r-1", ORDER, "r-1:entry:001")
    assert len(server.asked) == 4
    assert caught.value.request_id == server.asked[-1].headers["X-Request-Id"]


@pytest.mark.parametrize("status", [500, 503, 504])
def test_an_order_that_is_answered_is_not_repeated(server: Any, known: Any, status: int) -> None:
    server.answer_with(server.answer({"detail": "no"}, status))
    with pytest.raises(kaw.KiteAlgoWorkerError):
        known.place_order("r-1", ORDER, "r-1:entry:001")
    assert len(server.asked) == 1


def test_an_order_that_came_too_fast_is_sent_again_under_its_key(server: Any, known: Any) -> None:
    """429 means that nothing was placed: the client waits as long as it is asked to."""
    too_fast = server.answer({"detail": "slow down"}, 429, Retry_After="2")
    server.answer_with(too_fast, too_fast, server.answer({"order_id": "7"}))
    slept: list[float] = []
    known._sleep = slept.append
    assert known.place_order("r-1", ORDER, "r-1:entry:001") == {"order_id": "7"}
    assert slept == [2.0, 2.0]
    assert len({one.body for one in server.asked}) == 1


def test_an_order_that_is_always_too_fast_fails_in_the_end(server: Any, known: Any) -> None:
    server.answer_with(*[server.answer({"detail": "slow down"}, 429, Retry_After="1")] * 4)
    known._sleep = lambda _seconds: None
    with pytest.raises(kaw.KiteAlgoWorkerError, match="slow down") as caught:
        known.place_order("r-1", ORDER, "r-1:entry:001")
    assert (caught.value.status_code, len(server.asked)) == (429, 4)


@pytest.mark.parametrize(
    "write",
    [
        lambda client: client.exit_run("r-1"),
        lambda client: client.cancel_order("r-1", "o-1"),
        lambda client: client.modify_order("r-1", "o-1", {"quantity": 2}),
        lambda client: client.place_gtt({"type": "single"}),
        lambda client: client.claim_session("r-1"),
        lambda client: client.patch_risk("r-1", {"a": 1}),
        lambda client: client.log_decision_event("r-1", event_type="a", summary="b"),
        lambda client: client.options.enter("r-1"),
    ],
)
def test_a_write_without_a_key_is_never_repeated(server: Any, known: Any, write: Any) -> None:
    server.answer_with(server.dropped())
    with pytest.raises(kaw.OutcomeUnknownError, match="look at the run"):
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
def test_a_keyed_or_harmless_write_is_repeated(server: Any, known: Any, write: Any) -> None:
    server.answer_with(server.dropped(), server.answer({"done": True}))
    assert write(known) == {"done": True}
    assert server.asked[0].body == server.asked[1].body


def test_nothing_is_sent_to_a_server_that_is_not_there(server: Any, client: Any) -> None:
    server.close()
    with pytest.raises(kaw.TransportError, match="it was not sent") as caught:
        client.claim_session("r-1")
    assert not isinstance(caught.value, kaw.OutcomeUnknownError)
    assert caught.value.status_code == 0
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, kaw.BrokerValidationError),
        (401, kaw.AuthError),
        (403, kaw.PermissionDeniedError),
        (404, kaw.KiteAlgoWorkerError),
        (409, kaw.KiteAlgoWorkerError),
        (422, kaw.BrokerValidationError),
        (500, kaw.KiteAlgoWorkerError),
    ],
)
def test_a_status_is_an_error_of_its_kind(
    server: Any, client: Any, status: int, kind: type[Exception]
) -> None:
    """KC-07."""
    server.answer_with(
        server.answer({"detail": "why"}, status, X_Error_Code="a_code", X_Request_Id="abc")
    )
    with pytest.raises(kaw.KiteAlgoWorkerError, match="why") as caught:
        client.claim_session("r-1")
    assert type(caught.value) is kind
    assert caught.value.status_code == status
    assert caught.value.response_body == {"detail": "why"}
    assert (caught.value.code, caught.value.request_id) == ("a_code", "abc")


def test_a_list_of_problems_is_told_in_words(server: Any, client: Any) -> None:
    detail = [
        {"pointer": "/order/price", "msg": "is required", "loc": ["body"]},
        {"loc": ["body", "x"], "msg": "wrong"},
    ]
    server.answer_with(server.answer({"detail": detail}, 422))
    with pytest.raises(kaw.BrokerValidationError) as caught:
        client.health()
    assert str(caught.value) == "/order/price: is required; body/x: wrong"


def test_a_moved_server_is_told_and_not_followed(server: Any, client: Any) -> None:
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


def test_a_netrc_file_does_not_replace_the_token(
    server: Any, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client.health()
    assert server.asked[0].headers["Authorization"] == "Bearer kwa_secret"


def test_empty_and_foreign_bodies_of_a_success_are_objects(server: Any, client: Any) -> None:
    server.answer_with(server.answer("", 204), server.answer("plain"))
    assert client.health() == {}
    assert client.health() == {"raw": "plain"}


def test_numbers_that_are_no_json_are_refused_before_they_are_sent(server: Any, known: Any) -> None:
    """KO-05."""
    with pytest.raises(ValueError, match="JSON"):
        known.patch_risk("r-1", {"stop_loss_pct": float("nan")})
    assert server.asked == []


@pytest.mark.parametrize("key", ["", "  ", "short", "x" * 161, None])
def test_a_bad_key_is_refused_before_it_is_sent(server: Any, known: Any, key: Any) -> None:
    """KP-02."""
    with pytest.raises(ValueError, match="idempotency_key"):
        known.place_order("r-1", ORDER, key)
    assert server.asked == []


@pytest.mark.parametrize(("url", "token"), [("", "t"), ("http://x", "")])
def test_a_client_needs_an_address_and_a_token(url: str, token: str) -> None:
    """KC-01."""
    for kind in (kaw.KiteAlgoWorkerClient, kaw.AsyncKiteAlgoWorkerClient):
        with pytest.raises(ValueError, match="is required"):
            kind(kaw.AlgoWorkerConfig(url, token))


def test_the_environment_makes_a_config() -> None:
    """KC-01, KC-02."""
    found = kaw.AlgoWorkerConfig.from_env({"KITE_ALGO_WORKER_TOKEN": "kwa_x"})
    assert (found.base_url, found.token, found.timeout) == ("http://localhost:18777", "kwa_x", 10.0)
    found = kaw.AlgoWorkerConfig.from_env(
        {
            "KITE_ALGO_API_BASE": "https://h",
            "KITE_ALGO_WORKER_TOKEN": "t",
            "KITE_ALGO_TIMEOUT": "2.5",
        }
    )
    assert (found.base_url, found.timeout) == ("https://h", 2.5)
    with pytest.raises(ValueError, match="KITE_ALGO_WORKER_TOKEN"):
        kaw.AlgoWorkerConfig.from_env({})
    for wrong in ("soon", "0", "inf"):
        with pytest.raises(ValueError, match="KITE_ALGO_TIMEOUT"):
            kaw.AlgoWorkerConfig.from_env(
                {"KITE_ALGO_WORKER_TOKEN": "t", "KITE_ALGO_TIMEOUT": wrong}
            )


def test_a_header_and_a_cookie_of_the_session_go_along(server: Any, client: Any) -> None:
    client.session.headers["X-Desk"] = "7"
    server.answer_with(server.answer({"ok": 1}, Set_Cookie="node=b; Path=/"))
    client.health()
    client.get_funds(mode="paper")
    plain, special = server.asked
    for asked in (plain, special):
        assert asked.headers["X-Desk"] == "7"
        assert asked.headers["Authorization"] == f"Bearer {client.config.token}"
    assert "Cookie" not in plain.headers
    assert special.headers["Cookie"] == "node=b"
    assert special.query == {"mode": "paper"}


def test_a_hook_of_the_session_sees_the_answer(server: Any, client: Any) -> None:
    seen: list[int] = []
    client.session.hooks["response"].append(lambda answer, **_more: seen.append(answer.status_code))
    server.answer_with(server.answer({"ok": 1}))
    assert client.health() == {"ok": 1}
    assert seen == [200]


@pytest.mark.parametrize("around", ["\n", " ", "\r\n", "\t"])
def test_white_space_around_a_token_is_taken_off(around: str) -> None:
    config = kaw.AlgoWorkerConfig("http://localhost:1 ", f"{around}kwa_secret{around}")
    assert (config.token, config.base_url) == ("kwa_secret", "http://localhost:1")


@pytest.mark.parametrize("token", ["kwa_sec\nret", "kwa_sec ret", "kwa_sécret", "kwa_\x00secret"])
def test_no_token_is_in_an_error(token: str) -> None:
    """A token that no header can hold is refused before it gets near one."""
    with pytest.raises(kaw.KiteAlgoWorkerError, match="copy it again") as caught:
        kaw.AlgoWorkerConfig("http://localhost:1", token)
    assert "kwa_" not in repr(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_run_config_is_replaced_as_a_named_tuple_is() -> None:
    config = kaw.RunConfig("t", "kite:paper-a")
    assert config._replace(strategy_run_id="r-2").strategy_run_id == "r-2"
    with pytest.raises(TypeError, match="unknown"):
        config._replace(unknown=1)
