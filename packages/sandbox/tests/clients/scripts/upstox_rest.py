"""Upstox's client against the sandbox: sessions, orders, portfolio and quotes."""

import datetime
from urllib.parse import parse_qs, urlsplit

import requests
import upstox_client
from reporting import Reporter
from upstox_client.rest import ApiException
from upstox_common import BACK, INFY, NIFTY, ROOT, body

report = Reporter()


def api_client(token=None):
    configuration = upstox_client.Configuration()
    configuration.host = configuration.order_host = ROOT
    configuration.access_token = token or "wrong"
    return upstox_client.ApiClient(configuration)


def code():
    page = requests.get(
        f"{ROOT}/v2/login/authorization/dialog",
        params={
            "response_type": "code", "client_id": "sandbox", "redirect_uri": BACK,
            "state": "s1", "auto": 1,
        },
        allow_redirects=False,
        timeout=7,
    )  # fmt: skip
    found = {k: v[0] for k, v in parse_qs(urlsplit(page.headers["location"]).query).items()}
    report.say("login dialog", found["state"] == "s1", str(found.keys()))
    return found["code"]


def sign_in():
    login = upstox_client.LoginApi(api_client())
    terms = {
        "code": code(), "client_id": "sandbox", "redirect_uri": BACK,
        "grant_type": "authorization_code",
    }  # fmt: skip
    report.fails(
        "token with a wrong secret",
        lambda: login.token("2.0", client_secret="wrong", **terms),
        ApiException,
        "UDAPI100016",
    )
    reply = report.call(
        "token",
        lambda: login.token("2.0", client_secret="sandbox-secret", **terms),
        lambda r: r.user_id == "SB0001" and r.access_token,
    )
    report.fails(
        "a used code",
        lambda: login.token("2.0", client_secret="sandbox-secret", **terms),
        ApiException,
        "UDAPI100016",
    )
    report.fails(
        "a wrong token",
        lambda: upstox_client.UserApi(api_client()).get_profile("2.0"),
        ApiException,
        "UDAPI100050",
    )
    return api_client(reply.access_token)


def quotes(client):
    v2, v3 = upstox_client.MarketQuoteApi(client), upstox_client.MarketQuoteV3Api(client)
    first = report.call(
        "get_ltp v3",
        lambda: v3.get_ltp(instrument_key=f"{INFY},{NIFTY}"),
        lambda r: (
            r.data["NSE_EQ:INFY"].instrument_token == INFY
            and r.data["NSE_EQ:INFY"].cp > 0
            and len(r.data) == 2
        ),
    )
    report.call("ltp", lambda: v2.ltp(INFY, "2.0"), lambda r: r.data["NSE_EQ:INFY"].last_price > 0)
    report.call(
        "get_market_quote_ohlc",
        lambda: v2.get_market_quote_ohlc(INFY, "1d", "2.0"),
        lambda r: r.data["NSE_EQ:INFY"].ohlc.high > 0,
    )
    report.call(
        "get_market_quote_ohlc v3",
        lambda: v3.get_market_quote_ohlc("1d", instrument_key=INFY),
        lambda r: r.data["NSE_EQ:INFY"].live_ohlc.high > 0,
    )
    report.call(
        "get_full_market_quote",
        lambda: v2.get_full_market_quote(INFY, "2.0"),
        lambda r: len(r.data["NSE_EQ:INFY"].depth.buy) == 5,
    )
    report.call(
        "get_full_market_quote_v3",
        lambda: v3.get_full_market_quote_v3(instrument_key=INFY),
        lambda r: r.data["NSE_EQ:INFY"].prev_close_price > 0,
    )
    report.fails(
        "an unknown key",
        lambda: v3.get_ltp(instrument_key="NSE_EQ|INE000000000"),
        ApiException,
        "UDAPI100011",
    )
    report.fails(
        "501 keys",
        lambda: v3.get_ltp(instrument_key=",".join([INFY] * 501)),
        ApiException,
        "UDAPI100042",
    )
    return first.data["NSE_EQ:INFY"].last_price


def orders_v2(client, last):
    api = upstox_client.OrderApi(client)
    low = round(round(last * 0.95 / 0.1) * 0.1, 2)
    placed = report.call(
        "place_order",
        lambda: api.place_order(upstox_client.PlaceOrderRequest(**body("LIMIT", low)), "2.0"),
        lambda r: r.data.order_id,
    ).data.order_id
    change = upstox_client.ModifyOrderRequest(
        order_id=placed, quantity=2, validity="DAY", price=low, order_type="LIMIT",
        disclosed_quantity=0, trigger_price=0.0,
    )  # fmt: skip
    report.call(
        "modify_order", lambda: api.modify_order(change, "2.0"), lambda r: r.data.order_id == placed
    )
    report.call(
        "get_order_status",
        lambda: api.get_order_status(order_id=placed),
        lambda r: r.data.status == "open" and r.data.quantity == 2 and r.data.product == "D",
    )
    report.call(
        "cancel_order", lambda: api.cancel_order(placed, "2.0"), lambda r: r.data.order_id == placed
    )
    report.fails(
        "a cancelled order again",
        lambda: api.cancel_order(placed, "2.0"),
        ApiException,
        "UDAPI100040",
    )
    report.fails(
        "a cancelled order modified",
        lambda: api.modify_order(change, "2.0"),
        ApiException,
        "UDAPI100041",
    )
    report.fails("an unknown order", lambda: api.cancel_order("1", "2.0"), ApiException, "100010")
    report.call(
        "get_order_details",
        lambda: api.get_order_details("2.0", order_id=placed),
        lambda r: r.data[-1].status == "cancelled" and len(r.data) > 2,
    )
    report.call(
        "get_order_details by tag",
        lambda: api.get_order_details("2.0", tag="t1"),
        lambda r: {row.order_id for row in r.data} == {placed},
    )
    report.fails(
        "a limit order without a price",
        lambda: api.place_order(upstox_client.PlaceOrderRequest(**body("LIMIT")), "2.0"),
        ApiException,
        "UDAPI1029",
    )
    report.fails(
        "a tag of 41",
        lambda: api.place_order(
            upstox_client.PlaceOrderRequest(**body("MARKET", tag="x" * 41)), "2.0"
        ),
        ApiException,
        "UDAPI1119",
    )


def orders_v3(client, last):
    v2, v3 = upstox_client.OrderApi(client), upstox_client.OrderApiV3(client)
    low = round(round(last * 0.95 / 0.1) * 0.1, 2)
    resting = report.call(
        "place_order v3",
        lambda: v3.place_order(upstox_client.PlaceOrderV3Request(**body("LIMIT", low))),
        lambda r: len(r.data.order_ids) == 1 and r.metadata is not None,
    ).data.order_ids[0]
    change = upstox_client.ModifyOrderRequest(
        order_id=resting, quantity=3, validity="DAY", price=low, order_type="LIMIT",
        disclosed_quantity=0, trigger_price=0.0,
    )  # fmt: skip
    report.call(
        "modify_order v3", lambda: v3.modify_order(change), lambda r: r.data.order_id == resting
    )
    report.call(
        "cancel_order v3", lambda: v3.cancel_order(resting), lambda r: r.data.order_id == resting
    )
    bought = v3.place_order(
        upstox_client.PlaceOrderV3Request(**body("MARKET", quantity=5, product="I", slice=True))
    ).data.order_ids[0]
    report.call(
        "get_order_book",
        lambda: v2.get_order_book("2.0"),
        lambda r: {row.order_id: row.status for row in r.data}[bought] == "complete",
    )
    report.call(
        "get_trade_history",
        lambda: v2.get_trade_history("2.0"),
        lambda r: sum(row.quantity for row in r.data if row.order_id == bought) == 5,
    )
    report.call(
        "get_trades_by_order",
        lambda: v2.get_trades_by_order(bought, "2.0"),
        lambda r: sum(row.quantity for row in r.data) == 5 and r.data[0].average_price > 0,
    )


def held(reply):
    return sorted((row.product, row.quantity) for row in reply.data if row.quantity)


def portfolio(client):
    api, user = upstox_client.PortfolioApi(client), upstox_client.UserApi(client)
    report.call(
        "get_holdings",
        lambda: api.get_holdings("2.0"),
        lambda r: {row.trading_symbol: row.quantity for row in r.data}["INFY"] == 100,
    )
    report.call(
        "get_positions",
        lambda: api.get_positions("2.0"),
        lambda r: held(r) == [("I", 5)],
    )
    report.call("get_mtf_positions", api.get_mtf_positions, lambda r: r.data == [])
    report.call(
        "convert_positions",
        lambda: api.convert_positions(
            upstox_client.ConvertPositionRequest(
                instrument_token=INFY, new_product="D", old_product="I", transaction_type="BUY",
                quantity=2,
            ),
            "2.0",
        ),
        lambda r: (
            r.status == "success"
            and held(api.get_positions("2.0")) == [("D", 2), ("I", 3)]
        ),
    )  # fmt: skip
    report.call("get_profile", lambda: user.get_profile("2.0"), lambda r: r.data.broker == "UPSTOX")
    report.call(
        "get_user_fund_margin",
        lambda: user.get_user_fund_margin("2.0"),
        lambda r: r.data["equity"].available_margin > 0,
    )
    report.call(
        "get_user_fund_margin_v3",
        user.get_user_fund_margin_v3,
        lambda r: r.data.available_to_trade.total > 0,
    )


def history(client):
    v2, v3 = upstox_client.HistoryApi(client), upstox_client.HistoryV3Api(client)
    minutes = report.call(
        "get_intra_day_candle_data",
        lambda: v2.get_intra_day_candle_data(INFY, "1minute", "2.0"),
        lambda r: r.data.candles and all(len(row) == 7 for row in r.data.candles),
    )
    today = datetime.date.fromisoformat(minutes.data.candles[0][0][:10])
    first, last = str(today - datetime.timedelta(days=20)), str(today)
    days = report.call(
        "get_historical_candle_data1",
        lambda: v2.get_historical_candle_data1(INFY, "day", last, first, "2.0"),
        lambda r: len(r.data.candles) > 5 and r.data.candles[0][0] > r.data.candles[-1][0],
    )
    newest = days.data.candles[0][0][:10]
    report.call(
        "get_historical_candle_data",
        lambda: v2.get_historical_candle_data(INFY, "day", newest, "2.0"),
        lambda r: [row[0][:10] for row in r.data.candles] == [newest],
    )
    report.call(
        "get_historical_candle_data1 v3",
        lambda: v3.get_historical_candle_data1(INFY, "minutes", "5", last, first),
        lambda r: len(r.data.candles) > 100 and r.data.candles[0][0].endswith("+05:30"),
    )
    report.call(
        "get_historical_candle_data v3",
        lambda: v3.get_historical_candle_data(INFY, "days", "1", newest),
        lambda r: [row[0][:10] for row in r.data.candles] == [newest],
    )
    report.call(
        "get_intra_day_candle_data v3",
        lambda: v3.get_intra_day_candle_data(INFY, "minutes", "1"),
        lambda r: r.data.candles and all(len(row) == 7 for row in r.data.candles),
    )
    report.fails(
        "too long a range",
        lambda: v3.get_historical_candle_data1(
            INFY, "minutes", "1", last, str(today - datetime.timedelta(days=40))
        ),
        ApiException,
        "31 days",
    )


def main():
    client = sign_in()
    last = quotes(client)
    orders_v2(client, last)
    orders_v3(client, last)
    portfolio(client)
    history(client)
    login = upstox_client.LoginApi(client)
    report.call("logout", lambda: login.logout("2.0"), lambda r: r.data is True)
    report.fails(
        "a session after logout",
        lambda: upstox_client.UserApi(client).get_profile("2.0"),
        ApiException,
        "UDAPI100050",
    )


main()
