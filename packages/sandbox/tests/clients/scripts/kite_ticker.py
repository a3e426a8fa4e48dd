"""Every method of `kiteconnect.KiteTicker` against the sandbox."""

import threading

from kite_common import ROOT, client, report, request_token
from kiteconnect import KiteTicker
from reporting import wait_until
from twisted.internet import reactor

WS_ROOT = ROOT.replace("http", "ws", 1)


class Heard:
    """What the callbacks of one ticker were called with."""

    def __init__(self, ticker):
        self.ticks, self.orders, self.errors, self.closed, self.raw = [], [], [], [], []
        self.connected = threading.Event()
        ticker.on_ticks = lambda _, ticks: self.ticks.extend(ticks)
        ticker.on_order_update = lambda _, order: self.orders.append(order)
        ticker.on_error = lambda _, code, reason: self.errors.append((code, str(reason)))
        ticker.on_close = lambda _, code, reason: self.closed.append((code, str(reason)))
        ticker.on_message = lambda _, payload, is_binary: self.raw.append((payload, is_binary))
        ticker.on_connect = lambda *_: self.connected.set()

    def of(self, token, mode):
        """The latest tick of an instrument in a mode."""
        found = [t for t in self.ticks if t["instrument_token"] == token and t["mode"] == mode]
        return found[-1] if found else None


def in_reactor(function, *args):
    """Call in the thread of the client's event loop, where its socket may be written to."""
    reactor.callFromThread(function, *args)
    return True


def modes(ticker, heard, share, index):
    report.call("subscribe", lambda: in_reactor(ticker.subscribe, [share, index]))
    got = wait_until(lambda: heard.of(share, "quote") and heard.of(index, "quote"))
    report.say("ticks in quote mode", got, str(heard.of(share, "quote")))
    report.call("set_mode", lambda: in_reactor(ticker.set_mode, ticker.MODE_FULL, [share, index]))
    got = wait_until(lambda: heard.of(share, "full") and heard.of(index, "full"))
    full = heard.of(share, "full") or {}
    report.say("ticks in full mode", got and len(full["depth"]["sell"]) == 5, str(full))
    best = full["depth"]
    in_order = best["buy"][0]["price"] < best["sell"][0]["price"]
    report.say("the book is in order", in_order and full["ohlc"]["low"] <= full["last_price"], "")
    is_right = heard.of(index, "full")["tradable"] is False
    report.say("an index is not tradable", is_right, str(heard.of(index, "full")))
    in_reactor(ticker.set_mode, ticker.MODE_LTP, [share])
    got = wait_until(lambda: heard.of(share, "ltp"))
    report.say("ticks in ltp mode", got, str(heard.of(share, "ltp")))


def quiet(ticker, heard, share, index):
    report.call("unsubscribe", lambda: in_reactor(ticker.unsubscribe, [share, index]))
    wait_until(lambda: False, 1.0)
    heard.ticks.clear()
    heard.raw.clear()
    beat = wait_until(lambda: any(binary and len(p) == 1 for p, binary in heard.raw), 4.0)
    report.say("heartbeats of one byte", beat and not heard.ticks, str(heard.raw[:3]))
    in_reactor(ticker.subscribe, [share])
    wait_until(lambda: heard.of(share, "quote"))
    heard.ticks.clear()
    report.call("resubscribe", lambda: in_reactor(ticker.resubscribe))
    report.say("ticks after resubscribe", wait_until(lambda: heard.of(share, "quote")), "")


def orders(kite, heard):
    number = kite.place_order("regular", "NSE", "INFY", "BUY", 1, "MIS", "MARKET")
    done = wait_until(
        lambda: any(o["order_id"] == number and o["status"] == "COMPLETE" for o in heard.orders)
    )
    report.say("on_order_update", done and "checksum" in heard.orders[-1], str(heard.orders[-1:]))


def limits(ticker, heard):
    in_reactor(ticker.ws.sendMessage, b"not JSON")
    said = wait_until(lambda: any(code == 0 for code, _ in heard.errors))
    report.say("an error for a bad message", said, str(heard.errors))


def refused(key, token, name):
    """A connection that is not taken: the handshake is answered with 403."""
    ticker = KiteTicker(key, token, root=f"{WS_ROOT}/kite/ws", reconnect_max_tries=1)
    heard = Heard(ticker)
    in_reactor(lambda: ticker.connect(threaded=True))
    closed = wait_until(lambda: heard.closed)
    ok = closed and not heard.connected.is_set() and "403" in str(heard.closed)
    report.say(name, ok, str(heard.closed))
    report.call("stop_retry", lambda: in_reactor(ticker.stop_retry))


def main():
    kite = client()
    session = kite.generate_session(request_token()["request_token"], "sandbox-secret")
    token = session["access_token"]
    rows = {row["tradingsymbol"]: row["instrument_token"] for row in kite.instruments("NSE")}
    share, index = rows["INFY"], rows["NIFTY 50"]
    ticker = KiteTicker("sandbox", token, root=WS_ROOT)
    heard = Heard(ticker)
    report.call(
        "connect", lambda: ticker.connect(threaded=True) is None, lambda _: heard.connected.wait(10)
    )
    report.call("is_connected", ticker.is_connected, lambda x: x is True)
    modes(ticker, heard, share, index)
    quiet(ticker, heard, share, index)
    orders(kite, heard)
    limits(ticker, heard)
    refused("sandbox", "wrong", "a wrong token")
    others = []
    for _ in range(2):
        other = KiteTicker("sandbox", token, root=f"{WS_ROOT}/kite/ws")
        others.append((other, Heard(other)))
        in_reactor(lambda: others[-1][0].connect(threaded=True))
        others[-1][1].connected.wait(10)
    report.say("three connections", all(o.is_connected() for o, _ in others), "")
    refused("sandbox", token, "a fourth connection")
    for other, _ in others:
        in_reactor(other.close)
    kite.invalidate_access_token()
    report.say(
        "the end of the session cuts", wait_until(lambda: heard.closed, 5.0), str(heard.closed)
    )
    report.call("close", lambda: in_reactor(ticker.close))
    report.call("stop", lambda: in_reactor(ticker.stop))
    report.say("the event loop ends", wait_until(lambda: not reactor.running, 5.0), "")
    public = [name for name in vars(KiteTicker) if not name.startswith("_")]
    methods = sorted(name for name in public if callable(getattr(KiteTicker, name)))
    report.say("every method", True, " ".join(methods))


main()
