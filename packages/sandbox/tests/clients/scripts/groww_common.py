"""What the scripts of Groww's client share: the sandbox in place of the hosts, tokens, prices."""

import base64
import hashlib
import hmac
import struct
import time
import warnings

import requests
from growwapi import GrowwAPI
from reporting import Reporter, address

ROOT = f"{address()}/groww"
API_KEY, SECRET = "sandbox", "sandbox-secret"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # what the tests start the sandbox with
PAUSE_S = 0.11  # ten calls a second are taken
warnings.simplefilter("ignore")
report = Reporter()

NSE, CASH, FNO = GrowwAPI.EXCHANGE_NSE, GrowwAPI.SEGMENT_CASH, GrowwAPI.SEGMENT_FNO


def use_sandbox():
    """Begin with fresh accounts, and replace the client's hosts, which are literals, below the
    client: it stays as it is."""
    send = requests.sessions.Session.request

    def request(session, method, url, *args, **more):
        time.sleep(PAUSE_S)
        url = url.replace("https://growwapi-assets.groww.in", ROOT)
        return send(session, method, url.replace("https://api.groww.in", ROOT), *args, **more)

    requests.sessions.Session.request = request
    # Another script may have traded before.
    requests.post(f"{address()}/admin/reset", timeout=7).raise_for_status()


def totp(seed=TOTP_SECRET, step_s=30):
    """The one-time password of now: RFC 6238 with SHA-1 and six digits."""
    seconds = int(time.time())  # noqa: TID251 - the caller's own watch
    counter = struct.pack(">Q", seconds // step_s)
    digest = hmac.new(base64.b32decode(seed), counter, hashlib.sha1).digest()
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def client():
    """A client with a token by the key's secret."""
    return GrowwAPI(GrowwAPI.get_access_token(API_KEY, secret=SECRET))


def price_of(last, factor):
    return round(round(last * factor / 0.1) * 0.1, 2)


def order(**terms):
    """A market order for five shares of INFY within the day, but for the given terms."""
    return {
        "validity": "DAY", "exchange": NSE, "segment": CASH, "trading_symbol": "INFY",
        "transaction_type": "BUY", "product": "MIS", "order_type": "MARKET", "quantity": 5,
        **terms,
    }  # fmt: skip
