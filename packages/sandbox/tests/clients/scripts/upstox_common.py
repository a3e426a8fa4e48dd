"""What the scripts of Upstox's client share: its configuration, a session, an order's terms."""

import datetime
from urllib.parse import parse_qs, urlsplit

import requests
import upstox_client
from reporting import address

ROOT = f"{address()}/upstox"
BACK = "http://127.0.0.1:9/back"
INFY = "NSE_EQ|INE009A01021"
SBIN = "NSE_EQ|INE062A01020"
NIFTY = "NSE_INDEX|Nifty 50"


def signed_in():
    """A client with a session."""
    page = requests.get(
        f"{ROOT}/v2/login/authorization/dialog",
        params={
            "response_type": "code", "client_id": "sandbox", "redirect_uri": BACK, "auto": 1,
        },
        allow_redirects=False,
        timeout=7,
    )  # fmt: skip
    code = parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
    configuration = upstox_client.Configuration()
    configuration.host = configuration.order_host = ROOT
    reply = upstox_client.LoginApi(upstox_client.ApiClient(configuration)).token(
        "2.0", code=code, client_id="sandbox", client_secret="sandbox-secret",
        redirect_uri=BACK, grant_type="authorization_code",
    )  # fmt: skip
    configuration.access_token = reply.access_token
    client = upstox_client.ApiClient(configuration)
    client.extended_token = reply.extended_token
    return client


def body(kind, price=0.0, quantity=1, **more):
    """The terms of an order for Infosys."""
    terms = {
        "quantity": quantity, "product": "D", "validity": "DAY", "price": price, "tag": "t1",
        "instrument_token": INFY, "order_type": kind, "transaction_type": "BUY",
        "disclosed_quantity": 0, "trigger_price": 0.0, "is_amo": False,
    }  # fmt: skip
    return {**terms, **more}


def last_price(client, key=INFY):
    """The last price of an instrument."""
    found = upstox_client.MarketQuoteV3Api(client).get_ltp(instrument_key=key).data
    return next(iter(found.values())).last_price


def today(client):
    """The exchange's day."""
    history = upstox_client.HistoryV3Api(client)
    newest = history.get_intra_day_candle_data(INFY, "minutes", "1").data.candles[0]
    return datetime.date.fromisoformat(newest[0][:10])
