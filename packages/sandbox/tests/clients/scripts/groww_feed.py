"""Groww's feed client against the sandbox: prices, depth, indices, orders and positions."""

import threading

from groww_common import CASH, FNO, NSE, ROOT, client, order, price_of, report, use_sandbox
from growwapi import GrowwFeed
from growwapi.groww import exceptions
from reporting import wait_until


def place(groww, what):
    """An order for an instrument of the file."""
    terms = {"segment": what["segment"], "trading_symbol": what["trading_symbol"]}
    if what["segment"] == FNO:
        terms |= {"product": "NRML", "quantity": int(what["lot_size"])}
    return groww.place_order(**order(**terms))


def prices(feed, share, option):
    listed = [share, option]
    seen = []
    report.call(
        "subscribe_ltp",
        lambda: feed.subscribe_ltp(listed, on_data_received=seen.append),
        lambda r: (
            r[NSE][CASH] == {share["exchange_token"]: True}
            and r[NSE][FNO] == {option["exchange_token"]: True}
        ),
    )

    def shown():
        found = feed.get_ltp()[NSE]
        return found[CASH][share["exchange_token"]], found[FNO][option["exchange_token"]]

    wait_until(lambda: all(shown()))
    report.call(
        "get_ltp",
        shown,
        lambda r: (
            r[0]["ltp"] > r[0]["lowPriceRange"] > 0
            and r[0]["low"] <= r[0]["ltp"] <= r[0]["high"]
            and r[1]["openInterest"] > 0
        ),
    )
    report.say(
        "on_data_received",
        wait_until(lambda: sum(one["segment"] == CASH for one in seen) > 2),
        str(seen[:1]),
    )
    report.call(
        "subscribe_ltp again",
        lambda: feed.subscribe_ltp([share]),
        lambda r: r[NSE][CASH][share["exchange_token"]] is False,
    )


def depth(feed, share):
    report.call("subscribe_market_depth", lambda: feed.subscribe_market_depth([share]))

    def shown():
        return feed.get_market_depth()[NSE][CASH][share["exchange_token"]]

    wait_until(shown)
    report.call(
        "get_market_depth",
        shown,
        lambda r: (
            sorted(int(place) for place in r["buyBook"]) == [1, 2, 3, 4, 5]
            and _level(r["buyBook"])["price"] < _level(r["sellBook"])["price"]
        ),
    )


def _level(book):
    return {int(place): level for place, level in book.items()}[1]


def index(feed):
    nifty = {"exchange": NSE, "segment": CASH, "exchange_token": "NIFTY"}
    sensex = {"exchange": "BSE", "segment": CASH, "exchange_token": "1"}
    report.call("subscribe_index_value", lambda: feed.subscribe_index_value([nifty, sensex]))

    def shown():
        found = feed.get_index_value()
        return found[NSE][CASH]["NIFTY"], found["BSE"][CASH]["1"]

    wait_until(lambda: all(shown()))
    report.call("get_index_value", shown, lambda r: r[1]["value"] > r[0]["value"] > 10_000)
    report.call(
        "unsubscribe_index_value",
        lambda: feed.unsubscribe_index_value([nifty, sensex]),
        lambda r: r[NSE][CASH]["NIFTY"] and r["BSE"][CASH]["1"],
    )
    report.fails("get_index_value of none", feed.get_index_value, KeyError)


def orders(groww, feed, share, option):
    report.call("subscribe_equity_order_updates", feed.subscribe_equity_order_updates, bool)
    report.call("subscribe_fno_order_updates", feed.subscribe_fno_order_updates, bool)
    report.call("subscribe_fno_position_updates", feed.subscribe_fno_position_updates, bool)
    report.say("the subscriptions stand", wait_until(lambda: _stand(feed)), "")
    bought = place(groww, share)["groww_order_id"]
    wait_until(lambda: (feed.get_equity_order_update() or {}).get("filledQty"))
    report.call(
        "get_equity_order_update",
        feed.get_equity_order_update,
        lambda r: (
            r["growwOrderId"] == bought
            and r["orderStatus"] == "EXECUTED"
            and r["transactionType"] == "BUY"
            and r["orderType"] == "MARKET"
            and int(r["avgFillPrice"]) > 100
        ),
    )
    place(groww, option)
    lot = float(option["lot_size"])
    wait_until(lambda: (feed.get_fno_order_update() or {}).get("filledQty"))
    report.call(
        "get_fno_order_update",
        feed.get_fno_order_update,
        lambda r: r["contractId"] == option["trading_symbol"] and r["filledQty"] == lot,
    )
    wait_until(feed.get_fno_position_update)
    report.call(
        "get_fno_position_update",
        feed.get_fno_position_update,
        lambda r: (
            r["symbolIsin"] == option["trading_symbol"]
            and r["exchangePosition"]["NSE"]["creditQty"] == lot
            and r["exchangePosition"]["NSE"]["creditPrice"] > 0
        ),
    )


def _stand(feed):
    subject = f"stocks_fo/position/updates.apex.{feed.subscription_id}"
    return feed._nats_client.is_subscribed(subject)


def limit_update(groww, feed, share, last):
    """A resting order's update has its price in paise."""
    price = price_of(last, 0.95)
    name = groww.place_order(**order(order_type="LIMIT", price=price))["groww_order_id"]
    wait_until(lambda: feed.get_equity_order_update()["growwOrderId"] == name)
    report.call(
        "an update of a limit order",
        feed.get_equity_order_update,
        lambda r: int(r["price"]) == round(price * 100) and r["orderType"] == "LIMIT",
    )
    groww.cancel_order(name, CASH)
    report.say(
        "an update of a cancellation",
        wait_until(lambda: feed.get_equity_order_update()["orderStatus"] == "CANCELLED"),
        "",
    )


def leave(feed, share, option):
    report.call("unsubscribe_equity_order_updates", feed.unsubscribe_equity_order_updates, bool)
    report.call("unsubscribe_fno_order_updates", feed.unsubscribe_fno_order_updates, bool)
    report.call("unsubscribe_fno_position_updates", feed.unsubscribe_fno_position_updates, bool)
    report.call(
        "unsubscribe_market_depth",
        lambda: feed.unsubscribe_market_depth([share]),
        lambda r: r[NSE][CASH][share["exchange_token"]],
    )
    report.call(
        "unsubscribe_ltp",
        lambda: feed.unsubscribe_ltp([share, option]),
        lambda r: r[NSE][CASH][share["exchange_token"]] and r[NSE][FNO][option["exchange_token"]],
    )
    report.call("get_all_feed of none", feed.get_all_feed, lambda r: r == {})


def another(groww, feed):
    """Each feed has its own orders' subjects: another's are refused."""
    stranger = GrowwFeed(groww)
    stranger.subscription_id = feed.subscription_id
    stranger.subscribe_equity_order_updates()
    count = []
    stranger._feed_station.get_feed(
        f"stocks/order/updates.apex.{feed.subscription_id}"
    ).on_update = count.append
    place(groww, {"segment": CASH, "trading_symbol": "INFY"})
    report.say("another's subject", not wait_until(lambda: count, timeout_s=1.0), str(count))


def main():
    use_sandbox()
    GrowwFeed._GROWW_SOCKET_URL = ROOT.replace("http", "ws", 1) + "/feed"
    groww = client()
    rows = groww.get_all_instruments()
    days = groww.get_expiries(NSE, "NIFTY")["expiries"]
    strikes = groww.get_option_chain(NSE, "NIFTY", days[0])
    spot = strikes["underlying_ltp"]
    near = min(strikes["strikes"], key=lambda text: abs(float(text) - spot))
    symbol = strikes["strikes"][near]["CE"]["trading_symbol"]
    option = rows[rows["trading_symbol"] == symbol].iloc[0].to_dict()
    share = groww.get_instrument_by_exchange_and_trading_symbol(NSE, "INFY")
    feed = report.call("connect", lambda: GrowwFeed(groww), lambda f: f.subscription_id)
    prices(feed, share, option)
    depth(feed, share)
    index(feed)
    orders(groww, feed, share, option)
    limit_update(groww, feed, share, groww.get_ltp("NSE_INFY", CASH)["NSE_INFY"])
    report.call(
        "get_all_feed",
        feed.get_all_feed,
        lambda r: set(r) == {"ltp", "market_depth", "order_updates", "position_updates"},
    )
    waiting = threading.Thread(target=feed.consume, daemon=True)
    waiting.start()
    waiting.join(0.3)
    report.say("consume", waiting.is_alive(), "it waits for as long as the feed is open")
    leave(feed, share, option)
    another(groww, feed)
    groww.token = "wrong"  # what a program has after 06:00
    report.fails(
        "generate_socket_token with a wrong token",
        lambda: GrowwFeed(groww),
        exceptions.GrowwAPIAuthenticationException,
    )
    public = sorted(
        name
        for name in vars(GrowwFeed)
        if not name.startswith("_") and callable(getattr(GrowwFeed, name))
    )
    report.say("every method", True, " ".join(public))


main()
