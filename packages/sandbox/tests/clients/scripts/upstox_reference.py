"""Upstox's client against the sandbox: options, instruments, the calendar, charges and reports."""

import upstox_client
from reporting import Reporter
from upstox_client.rest import ApiException
from upstox_common import INFY, NIFTY, body, signed_in, today

report = Reporter()


def options(client):
    api = upstox_client.OptionsApi(client)
    contracts = report.call(
        "get_option_contracts",
        lambda: api.get_option_contracts(NIFTY),
        lambda r: {row.instrument_type for row in r.data} == {"CE", "PE"},
    ).data
    day = f"{min(row.expiry for row in contracts):%Y-%m-%d}"
    chain = report.call(
        "get_put_call_option_chain",
        lambda: api.get_put_call_option_chain(NIFTY, day),
        lambda r: (
            len(r.data) > 20
            and r.data[0].call_options.option_greeks.delta
            > r.data[-1].call_options.option_greeks.delta
        ),
    ).data
    key = chain[len(chain) // 2].put_options.instrument_key
    report.call(
        "get_market_quote_option_greek",
        lambda: upstox_client.MarketQuoteV3Api(client).get_market_quote_option_greek(
            instrument_key=key
        ),
        lambda r: (
            [(one.instrument_token, one.delta < 0) for one in r.data.values()] == [(key, True)]
        ),
    )
    return key, next(row.lot_size for row in contracts if row.instrument_key == key)


def instruments(client):
    api = upstox_client.InstrumentsApi(client)
    report.call(
        "search_instrument",
        lambda: api.search_instrument("INFY", records=3),
        lambda r: r.data[0]["instrument_key"] == INFY and r.meta_data.page.records == 3,
    )


def calendar(client):
    api = upstox_client.MarketHolidaysAndTimingsApi(client)
    first = report.call(
        "get_holidays",
        api.get_holidays,
        lambda r: {row.holiday_type for row in r.data} >= {"TRADING_HOLIDAY"},
    ).data[0]
    report.call(
        "get_holiday",
        lambda: api.get_holiday(f"{first._date:%Y-%m-%d}"),
        lambda r: [row.description for row in r.data] == [first.description],
    )
    day = str(today(client))
    report.call(
        "get_exchange_timings",
        lambda: api.get_exchange_timings(day),
        lambda r: (
            {"NSE", "NFO"} <= {row.exchange for row in r.data if row.end_time > row.start_time}
        ),
    )
    report.call(
        "get_market_status",
        lambda: api.get_market_status("NSE"),
        lambda r: r.data.status == "NORMAL_OPEN",
    )


def charges(client, option, lot):
    api = upstox_client.ChargeApi(client)
    report.call(
        "get_brokerage",
        lambda: api.get_brokerage(INFY, 10, "D", "BUY", 150.0, "2.0"),
        lambda r: r.data.charges.total > r.data.charges.brokerage > 0,
    )
    rows = [
        upstox_client.Instrument(
            instrument_key=option, quantity=lot, product="D", transaction_type="SELL"
        )
    ]
    report.call(
        "post_margin",
        lambda: api.post_margin(upstox_client.MarginRequest(instruments=rows)),
        lambda r: r.data.final_margin > 0 and r.data.margins[0].span_margin > 0,
    )


def reports(client):
    orders = upstox_client.OrderApi(client)
    for side in ("BUY", "SELL"):
        terms = body("MARKET", quantity=2, product="I", transaction_type=side)
        orders.place_order(upstox_client.PlaceOrderRequest(**terms), "2.0")
    day = today(client)
    report.call(
        "get_trades_by_date_range",
        lambda: upstox_client.PostTradeApi(client).get_trades_by_date_range(
            str(day), str(day), 1, 100, segment="EQ"
        ),
        lambda r: r.meta_data.page.total_records >= 2 and r.data[-1].instrument_token == INFY,
    )
    api = upstox_client.TradeProfitAndLossApi(client)
    begun = day.year - (day.month < 4)
    year = f"{begun % 100:02d}{(begun + 1) % 100:02d}"
    report.call(
        "get_trade_wise_profit_and_loss_meta_data",
        lambda: api.get_trade_wise_profit_and_loss_meta_data("EQ", year, "2.0"),
        lambda r: r.data.trades_count >= 1,
    )
    report.call(
        "get_trade_wise_profit_and_loss_data",
        lambda: api.get_trade_wise_profit_and_loss_data("EQ", year, 1, 100, "2.0"),
        lambda r: r.data[-1].isin == "INE009A01021" and r.metadata.page.page_size == 100,
    )
    report.call(
        "get_profit_and_loss_charges",
        lambda: api.get_profit_and_loss_charges("EQ", year, "2.0"),
        lambda r: r.data.charges_breakdown.total > 0,
    )
    report.fails(
        "a year that is none",
        lambda: api.get_profit_and_loss_charges("EQ", "2026", "2.0"),
        ApiException,
        "financial_year",
    )


APIS = {
    upstox_client.OrderApi, upstox_client.OrderApiV3, upstox_client.UserApi,
    upstox_client.ChargeApi, upstox_client.OptionsApi, upstox_client.MarketHolidaysAndTimingsApi,
    upstox_client.InstrumentsApi, upstox_client.TradeProfitAndLossApi, upstox_client.WebsocketApi,
    upstox_client.PostTradeApi, upstox_client.LoginApi, upstox_client.PortfolioApi,
    upstox_client.MarketQuoteApi, upstox_client.MarketQuoteV3Api, upstox_client.HistoryApi,
    upstox_client.HistoryV3Api,
}  # fmt: skip


def methods():
    """The public methods of the client's APIs, and those of its streamers."""
    found = {
        name
        for api in APIS
        for name in vars(api)
        if not name.startswith("_") and "_with_http_info" not in name
    }
    return " ".join(sorted(found))


def main():
    report.say("every method", True, methods())
    client = signed_in()
    option, lot = options(client)
    instruments(client)
    calendar(client)
    charges(client, option, lot)
    reports(client)


main()
