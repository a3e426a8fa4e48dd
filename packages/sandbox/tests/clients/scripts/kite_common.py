"""What the scripts of Kite's client share: the sandbox, the login page, prices on the tick."""

import time
import warnings
from urllib.parse import parse_qs, urlsplit

import requests
from kiteconnect import KiteConnect
from reporting import Reporter, address

ROOT = address()
PAUSE_S = 0.11  # ten calls a second are taken
warnings.simplefilter("ignore")
report = Reporter()


def client():
    """A client that waits after each reply, so that it stays below the broker's rate limits."""
    kite = KiteConnect("sandbox", root=ROOT)
    kite.reqsession.hooks["response"].append(lambda *_, **__: time.sleep(PAUSE_S))
    return kite


def request_token(**query):
    """Press the login page's button and read the token of the redirect."""
    page = requests.get(
        f"{ROOT}/kite/connect/login",
        params={"api_key": "sandbox", "v": 3, "auto": 1, **query},
        allow_redirects=False,
        timeout=7,
    )
    return {
        name: values[0]
        for name, values in parse_qs(urlsplit(page.headers["location"]).query).items()
    }


def price_of(last, factor):
    return round(round(last * factor / 0.1) * 0.1, 2)
