"""Every method of `kiteconnect.KiteConnect` against the sandbox."""

import datetime

from kite_common import client, report, request_token
from kite_money import funds, gtts, portfolio, reckoning
from kite_orders import regular, varieties
from kiteconnect import KiteConnect, exceptions


def sign_in():
    kite = client()
    report.call("login_url", kite.login_url, lambda url: "api_key=sandbox" in url)
    found = report.call(
        "login page",
        lambda: request_token(redirect_params="some=thing"),
        lambda query: query["some"] == "thing" and query["status"] == "success",
    )
    kite.set_access_token("wrong")
    expired = []
    report.call(
        "set_session_expiry_hook",
        lambda: kite.set_session_expiry_hook(lambda: expired.append(1)) is None,
    )
    report.fails("a wrong token", kite.profile, exceptions.TokenException)
    report.say("the session expiry hook", expired == [1], str(expired))
    report.fails(
        "generate_session with a wrong secret",
        lambda: kite.generate_session(found["request_token"], "wrong"),
        exceptions.TokenException,
    )
    report.call(
        "generate_session",
        lambda: kite.generate_session(found["request_token"], "sandbox-secret"),
        lambda s: s["user_id"] == "SB0001" and isinstance(s["login_time"], datetime.datetime),
    )
    report.fails(
        "a used request token",
        lambda: client().generate_session(found["request_token"], "sandbox-secret"),
        exceptions.TokenException,
    )
    return kite


def user(kite):
    report.call(
        "profile", kite.profile, lambda p: p["user_id"] == "SB0001" and "NSE" in p["exchanges"]
    )
    report.call("margins", kite.margins, lambda m: m["equity"]["net"] > 0 and "commodity" in m)
    report.call(
        "margins of a segment", lambda: kite.margins("equity"), lambda m: m["available"]["cash"] > 0
    )


def market(kite):
    rows = report.call("instruments", kite.instruments, lambda r: len(r) > 100)
    nse = report.call(
        "instruments of an exchange",
        lambda: kite.instruments("NSE"),
        lambda r: {x["exchange"] for x in r} == {"NSE"},
    )
    by_name = {row["tradingsymbol"]: row for row in nse}
    token = by_name["INFY"]["instrument_token"]
    quote = report.call(
        "quote",
        lambda: kite.quote("NSE:INFY", "NSE:NO-SUCH"),
        lambda q: list(q) == ["NSE:INFY"] and len(q["NSE:INFY"]["depth"]["buy"]) == 5,
    )
    report.call(
        "ohlc", lambda: kite.ohlc(["NSE:INFY", "NSE:NIFTY 50"]), lambda q: len(q) == 2, pause_s=1.05
    )
    report.call(
        "ltp", lambda: kite.ltp(f"{token}"), lambda q: q[str(token)]["last_price"] > 0, pause_s=1.05
    )
    report.fails(
        "a second quote within a second",
        lambda: kite.ltp("NSE:INFY"),
        exceptions.NetworkException,
        "too many",
        pause_s=0,
    )
    report.fails(
        "501 quotes",
        lambda: kite.quote([f"NSE:X{n}" for n in range(501)]),
        exceptions.InputException,
        "500",
        pause_s=1.05,
    )
    last = quote["NSE:INFY"]["timestamp"]
    report.call(
        "historical_data",
        lambda: kite.historical_data(
            token, last - datetime.timedelta(days=20), last, "day", oi=True
        ),
        lambda c: (
            len(c) > 5
            and c[-1]["high"] >= c[-1]["low"]
            and "oi" in c[-1]
            and c[0]["date"].utcoffset() == datetime.timedelta(hours=5.5)
        ),
    )
    report.fails(
        "historical_data over too long a range",
        lambda: kite.historical_data(token, "2026-01-01 00:00:00", "2026-06-01 00:00:00", "minute"),
        exceptions.InputException,
        "60 days",
    )
    report.call(
        "trigger_range",
        lambda: kite.trigger_range("BUY", "NSE:INFY"),
        lambda t: t["NSE:INFY"]["lower"] < t["NSE:INFY"]["upper"],
    )
    return quote["NSE:INFY"]["last_price"], [row for row in rows if row["exchange"] == "NFO"], token


def sign_out(kite):
    fresh = client()
    session = fresh.generate_session(request_token()["request_token"], "sandbox-secret")
    report.fails("a session after another login", kite.profile, exceptions.TokenException)
    renewed = report.call(
        "renew_access_token",
        lambda: fresh.renew_access_token(session["refresh_token"], "sandbox-secret"),
        lambda s: s["access_token"] != session["access_token"],
    )
    report.call(
        "set_access_token",
        lambda: fresh.set_access_token(renewed["access_token"]) or fresh.profile()["user_id"],
        lambda u: u == "SB0001",
    )
    report.call(
        "invalidate_refresh_token",
        lambda: fresh.invalidate_refresh_token(renewed["refresh_token"]),
        lambda x: x is True,
    )
    report.call("invalidate_access_token", fresh.invalidate_access_token, lambda x: x is True)
    report.fails("an invalidated session", fresh.profile, exceptions.TokenException)


def main():
    kite = sign_in()
    user(kite)
    last, nfo, _token = market(kite)
    regular(kite, last)
    varieties(kite, last, nfo)
    portfolio(kite)
    gtts(kite, last)
    reckoning(kite, last, nfo)
    funds(kite)
    sign_out(kite)
    public = sorted(
        name
        for name in vars(KiteConnect)
        if not name.startswith("_") and callable(getattr(KiteConnect, name))
    )
    report.say("every method", True, " ".join(public))


main()
