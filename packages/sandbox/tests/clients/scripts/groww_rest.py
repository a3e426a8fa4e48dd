"""Groww's REST client against the sandbox: every method it has."""

import datetime

import groww_orders as orders
from groww_common import (
    API_KEY,
    CASH,
    FNO,
    NSE,
    SECRET,
    client,
    order,
    report,
    totp,
    use_sandbox,
)
from growwapi import GrowwAPI
from growwapi.groww import exceptions

ERROR = exceptions.GrowwAPIException


def sign_in():
    code = totp()
    report.call(
        "get_access_token by TOTP",
        lambda: GrowwAPI.get_access_token(API_KEY, totp=code),
        lambda t: len(t) > 20,
    )
    report.fails(
        "get_access_token with a used TOTP",
        lambda: GrowwAPI.get_access_token(API_KEY, totp=code),
        ERROR,
        "used already",
    )
    report.fails(
        "get_access_token with a wrong secret",
        lambda: GrowwAPI.get_access_token(API_KEY, secret="wrong"),
        ERROR,
        "checksum",
    )
    report.fails(
        "get_access_token of an unknown key",
        lambda: GrowwAPI.get_access_token("another", secret=SECRET),
        exceptions.GrowwAPIAuthenticationException,
    )
    token = report.call(
        "get_access_token by secret",
        lambda: GrowwAPI.get_access_token(API_KEY, secret=SECRET),
        lambda t: len(t) > 20,
    )
    report.fails(
        "a wrong token",
        GrowwAPI("wrong").get_user_profile,
        exceptions.GrowwAPIAuthenticationException,
    )
    return GrowwAPI(token)


def instruments(groww):
    rows = report.call(
        "get_all_instruments", groww.get_all_instruments, lambda r: len(r) > 500 and "isin" in r
    )
    report.call(
        "get_instrument_by_exchange_and_trading_symbol",
        lambda: groww.get_instrument_by_exchange_and_trading_symbol(NSE, "INFY"),
        lambda r: r["isin"] == "INE009A01021" and r["groww_symbol"] == "NSE-INFY",
    )
    report.call(
        "get_instrument_by_groww_symbol",
        lambda: groww.get_instrument_by_groww_symbol("NSE-INFY"),
        lambda r: r["trading_symbol"] == "INFY" and r["segment"] == CASH,
    )
    report.call(
        "get_instrument_by_exchange_token",
        lambda: groww.get_instrument_by_exchange_token("NIFTY"),
        lambda r: r["instrument_type"] == "IDX",
    )
    report.fails(
        "an instrument that is not listed",
        lambda: groww.get_instrument_by_groww_symbol("NSE-NOSUCH"),
        exceptions.InstrumentNotFoundException,
    )
    return rows


def quotes(groww):
    quote = report.call(
        "get_quote",
        lambda: groww.get_quote("INFY", NSE, CASH),
        lambda r: (
            len(r["depth"]["buy"]) == len(r["depth"]["sell"]) == 5
            and r["lower_circuit_limit"] < r["last_price"] < r["upper_circuit_limit"]
            and r["week_52_low"] <= r["last_price"] <= r["week_52_high"]
            and r["last_trade_time"] > 1e12
        ),
    )
    report.call(
        "get_ltp",
        lambda: groww.get_ltp("NSE_INFY,NSE_NIFTY", CASH),
        lambda r: set(r) == {"NSE_INFY", "NSE_NIFTY"},
    )
    report.call(
        "get_ltp of a tuple",
        lambda: groww.get_ltp(("NSE_INFY", "BSE_SENSEX"), CASH),
        lambda r: r["BSE_SENSEX"] > r["NSE_INFY"] > 0,
    )
    report.call(
        "get_ohlc",
        lambda: groww.get_ohlc("NSE_INFY", CASH),
        lambda r: r["NSE_INFY"]["low"] <= r["NSE_INFY"]["open"] <= r["NSE_INFY"]["high"],
    )
    report.fails(
        "get_ltp of 51", lambda: groww.get_ltp(("NSE_INFY",) * 51, CASH), ERROR, "at most 50"
    )
    report.fails("get_ltp of none", lambda: groww.get_ltp("", CASH), ERROR, "exchange_symbols")
    return quote["last_price"]


def options(groww):
    days = report.call(
        "get_expiries",
        lambda: groww.get_expiries(NSE, "NIFTY"),
        lambda r: r["expiries"] == sorted(r["expiries"]) and len(r["expiries"]) > 2,
    )["expiries"]
    year, month = (int(part) for part in days[0].split("-")[:2])
    report.call(
        "get_expiries of a month",
        lambda: groww.get_expiries(NSE, "NIFTY", year=year, month=month),
        lambda r: r["expiries"] and all(d[:7] == days[0][:7] for d in r["expiries"]),
    )
    report.call(
        "get_contracts",
        lambda: groww.get_contracts(NSE, "NIFTY", days[0]),
        lambda r: len(r["contracts"]) > 20 and r["contracts"][0].startswith("NSE-NIFTY-"),
    )
    chain = report.call(
        "get_option_chain",
        lambda: groww.get_option_chain(NSE, "NIFTY", days[0]),
        lambda r: r["underlying_ltp"] > 0 and len(r["strikes"]) > 10,
    )
    spot = chain["underlying_ltp"]
    strike = min(chain["strikes"], key=lambda text: abs(float(text) - spot))
    option = chain["strikes"][strike]["CE"]
    report.call(
        "get_greeks",
        lambda: groww.get_greeks(NSE, "NIFTY", option["trading_symbol"], days[0]),
        lambda r: 0 < r["delta"] < 1 and r["iv"] > 1,
    )
    report.fails(
        "get_option_chain of a day without",
        lambda: groww.get_option_chain(NSE, "NIFTY", "2030-01-01"),
        ERROR,
        "expiries",
    )
    return option


def history(groww):
    traded_ms = groww.get_quote("INFY", NSE, CASH)["last_trade_time"]
    india = datetime.timezone(datetime.timedelta(hours=5.5))
    now = datetime.datetime.fromtimestamp(traded_ms / 1_000, india)
    text = "%Y-%m-%d %H:%M:%S"
    start, end = (now - datetime.timedelta(days=20)).strftime(text), now.strftime(text)
    report.call(
        "get_historical_candles",
        lambda: groww.get_historical_candles(NSE, CASH, "NSE-INFY", start, end, "1day"),
        lambda r: (
            8 < len(r["candles"]) < 21
            and all(len(row) == 7 and row[6] is None for row in r["candles"])
            and r["interval_in_minutes"] == 1440
        ),
    )
    report.call(
        "get_historical_candles of five minutes",
        lambda: groww.get_historical_candles(NSE, CASH, "NSE-INFY", start, end, "5minute"),
        lambda r: len(r["candles"]) > 500,
    )
    seconds = [int((now - datetime.timedelta(days=ago)).timestamp()) for ago in (6, 0)]
    report.call(
        "get_historical_candle_data",
        lambda: groww.get_historical_candle_data("INFY", NSE, CASH, *seconds, 10),
        lambda r: len(r["candles"]) > 30 and len(r["candles"][0]) == 6,
    )
    report.fails(
        "get_historical_candles over too long a time",
        lambda: groww.get_historical_candles(
            NSE, CASH, "NSE-INFY", "2026-01-01 00:00:00", "2026-06-01 00:00:00", "1minute"
        ),
        ERROR,
        "30 days",
    )


def portfolio(groww, last):
    report.call(
        "get_holdings_for_user",
        groww.get_holdings_for_user,
        lambda r: {row["trading_symbol"]: row["quantity"] for row in r["holdings"]}["INFY"] == 100,
    )
    report.call(
        "get_positions_for_user",
        groww.get_positions_for_user,
        lambda r: [(p["product"], p["quantity"]) for p in r["positions"]] == [("MIS", 5)],
    )
    report.call(
        "get_positions_for_user of a segment",
        lambda: groww.get_positions_for_user(segment=FNO),
        lambda r: r["positions"] == [],
    )
    report.call(
        "get_position_for_trading_symbol",
        lambda: groww.get_position_for_trading_symbol("INFY", CASH),
        lambda r: r["positions"][0]["credit_quantity"] == 5,
    )
    report.call(
        "get_available_margin_details",
        groww.get_available_margin_details,
        lambda r: 0 < r["equity_margin_details"]["mis_margin_used"] < r["clear_cash"],
    )
    report.call("get_user_profile", groww.get_user_profile, lambda r: r["ucc"] == "SB0001")
    ask = {k: v for k, v in order(product="CNC", price=last).items() if k != "validity"}
    report.call(
        "get_order_margin_details",
        lambda: groww.get_order_margin_details(CASH, [ask]),
        lambda r: (
            r["cash_cnc_margin_required"] > 4 * last
            and r["total_requirement"]
            == round(r["cash_cnc_margin_required"] + r["brokerage_and_charges"], 2)
        ),
    )


def derivatives(groww, rows, option):
    futures = rows[(rows["instrument_type"] == "FUT") & (rows["underlying_symbol"] == "NIFTY")]
    future = futures.sort_values("expiry_date").iloc[0]
    lot = int(future["lot_size"])
    legs = [
        order(segment=FNO, trading_symbol=symbol, product="NRML", quantity=lot,
              transaction_type=side, price=0)
        for symbol, side in ((future["trading_symbol"], "BUY"), (option["trading_symbol"], "SELL"))
    ]  # fmt: skip
    report.call(
        "get_order_margin_details of a basket",
        lambda: groww.get_order_margin_details(FNO, legs),
        lambda r: r["span_required"] > 0 and r["exposure_required"] > 0,
    )
    bought = order(segment=FNO, trading_symbol=option["trading_symbol"], product="NRML",
                   quantity=lot)  # fmt: skip
    report.call("place_order of an option", lambda: groww.place_order(**bought))
    report.call(
        "get_position_for_trading_symbol of an option",
        lambda: groww.get_position_for_trading_symbol(option["trading_symbol"], FNO),
        lambda r: r["positions"][0]["quantity"] == lot,
    )
    return future["trading_symbol"]


def main():
    use_sandbox()
    groww = sign_in()
    rows = instruments(groww)
    last = quotes(groww)
    option = options(groww)
    history(groww)
    orders.filled(groww)
    orders.resting(groww, last)
    portfolio(groww, last)
    future = derivatives(groww, rows, option)
    orders.refusals(groww, future)
    orders.stops(groww, last)
    orders.gtt(groww, last)
    orders.oco(groww, last)
    report.call("a second token leaves the first", client().get_user_profile)
    report.call("the first token still", groww.get_user_profile)
    public = sorted(
        name
        for name in vars(GrowwAPI)
        if not name.startswith("_") and callable(getattr(GrowwAPI, name))
    )
    report.say("every method", True, " ".join(public))


main()
