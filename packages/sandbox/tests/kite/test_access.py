"""The login page, tokens and who may call."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from packages.sandbox.tests.kite.served_kite import ServedKite, checksum, served_kite

from tradertape_core.kernel.clock import IST

PROFILE = ("GET", "/user/profile")


def test_the_button_sends_the_browser_to_the_app_with_its_own_parameters() -> None:
    kite = served_kite(kite_redirect_url="http://127.0.0.1:18777/callback?broker=kite")
    query = {"api_key": "sandbox", "v": "3", "redirect_params": "state=a%26b&run=7"}
    page = kite.call("GET", "/connect/login", params=query)
    assert page.status_code == 200
    assert '<form method="post"' in page.text
    reply = kite.call("POST", "/connect/login", params=query)
    target = urlsplit(reply.headers["location"])
    assert target.netloc == "127.0.0.1:18777"
    found = {name: values[0] for name, values in parse_qs(target.query).items()}
    token = found.pop("request_token")
    assert found == {
        "broker": "kite", "action": "login", "type": "login", "status": "success",
        "state": "a&b", "run": "7",
    }  # fmt: skip
    assert len(token) == 32


def test_auto_presses_the_button() -> None:
    for path in ("/connect/login", "/kite/connect/login"):
        reply = served_kite().call("GET", path, params={"api_key": "sandbox", "auto": "1"})
        assert reply.status_code == 302


def test_a_login_for_an_unknown_key_is_refused() -> None:
    reply = served_kite().call("POST", "/connect/login", params={"api_key": "another"})
    assert reply.status_code == 400


def test_the_login_page_repeats_nothing_of_its_query_unescaped() -> None:
    reply = served_kite().call(
        "GET", "/connect/login", params={"api_key": "sandbox", "x": '"><script>'}
    )
    assert "<script>" not in reply.text


def test_a_token_needs_the_secret(kite: ServedKite) -> None:
    token = kite.request_token()
    form = {"api_key": "sandbox", "request_token": token, "checksum": checksum(token, "wrong")}
    status, kind, _ = kite.error("POST", "/session/token", data=form)
    assert (status, kind) == (403, "TokenException")
    form["checksum"] = checksum(token)
    assert kite.data("POST", "/session/token", data=form)["user_id"] == "SB0001"
    assert kite.error("POST", "/session/token", data=form)[1] == "TokenException"


def test_a_session_ends_at_six_in_the_morning(kite: ServedKite) -> None:
    kite.clock.at = datetime(2026, 11, 24, 5, 59, 50, tzinfo=IST)
    assert kite.call(*PROFILE).status_code == 200
    kite.clock.at = datetime(2026, 11, 24, 6, 0, tzinfo=IST)
    assert kite.error(*PROFILE)[:2] == (403, "TokenException")


def test_a_call_without_a_token_or_with_another_keys_is_refused(kite: ServedKite) -> None:
    token = kite.headers["Authorization"].removeprefix("token sandbox:")
    for wrong in ("", "token", f"token another:{token}", f"Bearer sandbox:{token}"):
        status, kind, _ = kite.error(*PROFILE, headers={"Authorization": wrong})
        assert (status, kind) == (403, "TokenException")


def test_unknown_paths_and_methods_have_envelopes(kite: ServedKite) -> None:
    assert kite.error("GET", "/user/nobody")[:2] == (404, "GeneralException")
    assert kite.error("PUT", "/user/profile")[:2] == (405, "GeneralException")
    assert kite.error("GET", "/kite/no/such/path")[:2] == (404, "GeneralException")


def test_the_eleventh_call_of_a_second_is_one_too_many(kite: ServedKite) -> None:
    kite.step(2.0)
    statuses = [kite.at_once(*PROFILE).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    kite.step(1.0)
    assert kite.at_once(*PROFILE).status_code == 200


def test_orders_and_quotes_have_limits_of_their_own(kite: ServedKite) -> None:
    kite.step(2.0)
    quotes = [
        kite.at_once("GET", "/quote/ltp", params={"i": "NSE:INFY"}).status_code for _ in range(2)
    ]
    assert quotes == [200, 429]
    orders = [kite.at_once("POST", "/orders/regular", data={}).status_code for _ in range(11)]
    assert orders == [400] * 10 + [429]


def test_two_hundred_orders_a_minute_are_taken(kite: ServedKite) -> None:
    statuses: list[int] = []
    for _ in range(21):
        kite.step(1.0)
        replies = [kite.at_once("POST", "/orders/regular", data={}) for _ in range(10)]
        statuses += [reply.status_code for reply in replies]
    assert statuses == [400] * 200 + [429] * 10
