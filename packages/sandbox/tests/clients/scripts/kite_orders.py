"""Orders of every variety."""

from kite_common import price_of, report
from kiteconnect import exceptions
from reporting import wait_until


def regular(kite, last):
    order = {"exchange": "NSE", "tradingsymbol": "INFY", "quantity": 5}
    bought = report.call(
        "place_order regular MARKET",
        lambda: kite.place_order(
            "regular",
            transaction_type="BUY",
            product="MIS",
            order_type="MARKET",
            market_protection=-1,
            tag="mine",
            **order,
        ),
    )
    report.say(
        "the order fills",
        wait_until(lambda: kite.order_history(bought)[-1]["status"] == "COMPLETE", step_s=0.15),
        "",
    )
    report.call(
        "order_history",
        lambda: kite.order_history(bought),
        lambda h: len(h) >= 3 and h[0]["status"] == "PUT ORDER REQ RECEIVED",
    )
    report.call(
        "order_trades",
        lambda: kite.order_trades(bought),
        lambda t: sum(x["quantity"] for x in t) == 5,
    )
    resting = report.call(
        "place_order regular LIMIT",
        lambda: kite.place_order(
            "regular",
            transaction_type="BUY",
            product="CNC",
            order_type="LIMIT",
            price=price_of(last, 0.95),
            validity="DAY",
            **order,
        ),
    )
    report.call(
        "modify_order",
        lambda: kite.modify_order("regular", resting, quantity=4, price=price_of(last, 0.94)),
        lambda x: x == resting,
    )
    report.call(
        "the modified order",
        lambda: kite.order_history(resting)[-1],
        lambda o: o["quantity"] == 4 and o["modified"] and o["status"] == "OPEN",
    )
    report.call(
        "cancel_order", lambda: kite.cancel_order("regular", resting), lambda x: x == resting
    )
    report.fails(
        "cancel_order of an ended order",
        lambda: kite.cancel_order("regular", resting),
        exceptions.OrderException,
    )
    report.fails(
        "order_history of an unknown order",
        lambda: kite.order_history("1"),
        exceptions.GeneralException,
        "order_id",
    )
    report.fails(
        "place_order without a price",
        lambda: kite.place_order(
            "regular", transaction_type="BUY", product="CNC", order_type="LIMIT", **order
        ),
        exceptions.InputException,
        "price",
    )
    report.fails(
        "place_order beyond the funds",
        lambda: kite.place_order("regular", "NSE", "INFY", "BUY", 90000, "CNC", "MARKET"),
        "GeneralException",
        "margin",
    )
    report.call(
        "place_order SL",
        lambda: kite.place_order(
            "regular",
            transaction_type="SELL",
            product="MIS",
            order_type="SL",
            price=price_of(last, 0.94),
            trigger_price=price_of(last, 0.95),
            **order,
        ),
        lambda x: kite.order_history(x)[-1]["status"] == "TRIGGER PENDING",
    )
    report.call(
        "place_order SL-M with TTL",
        lambda: kite.place_order(
            "regular",
            transaction_type="SELL",
            product="MIS",
            order_type="SL-M",
            trigger_price=price_of(last, 0.95),
            validity="TTL",
            validity_ttl=5,
            **order,
        ),
        lambda x: kite.order_history(x)[-1]["validity_ttl"] == 5,
    )
    report.call(
        "place_order IOC",
        lambda: kite.place_order(
            "regular",
            transaction_type="BUY",
            product="MIS",
            order_type="LIMIT",
            price=price_of(last, 0.95),
            validity="IOC",
            **order,
        ),
        lambda x: kite.order_history(x)[-1]["status"] == "CANCELLED",
    )
    report.call(
        "orders",
        kite.orders,
        lambda rows: (
            bought in [o["order_id"] for o in rows] and any(o["tag"] == "mine" for o in rows)
        ),
    )
    report.call("trades", kite.trades, lambda rows: bought in [t["order_id"] for t in rows])


def varieties(kite, last, nfo):
    order = {"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY"}
    amo = report.call(
        "place_order amo",
        lambda: kite.place_order(
            "amo",
            quantity=2,
            product="CNC",
            order_type="LIMIT",
            price=price_of(last, 0.95),
            **order,
        ),
    )
    # The exchange is open: the order goes to it at once, and is then cancelled as a regular one.
    report.say(
        "an amo order is sent",
        wait_until(lambda: kite.order_history(amo)[-1]["status"] == "OPEN", step_s=0.15),
        "",
    )
    report.fails(
        "cancel_order as amo after it was sent",
        lambda: kite.cancel_order("amo", amo),
        exceptions.InputException,
        "variety",
    )
    report.call("cancel_order amo", lambda: kite.cancel_order("regular", amo), lambda x: x == amo)
    cover = report.call(
        "place_order co",
        lambda: kite.place_order(
            "co",
            quantity=2,
            product="MIS",
            order_type="MARKET",
            trigger_price=price_of(last, 0.97),
            market_protection=-1,
            **order,
        ),
    )
    stop = report.call(
        "the stop of a cover order",
        lambda: stop_of(kite, cover),
        lambda o: o["trigger_price"] == price_of(last, 0.97) and o["status"] == "TRIGGER PENDING",
    )
    number = (stop or {}).get("order_id")
    report.call(
        "modify_order co",
        lambda: kite.modify_order(
            "co", number, parent_order_id=cover, trigger_price=price_of(last, 0.96)
        ),
        lambda x: x == number,
    )
    report.call(
        "exit_order",
        lambda: kite.exit_order("co", number, parent_order_id=cover),
        lambda x: x == number,
    )
    report.say(
        "the cover order is exited",
        wait_until(lambda: kite.order_history(number)[-1]["status"] == "COMPLETE", step_s=0.15),
        "",
    )
    report.call(
        "place_order iceberg",
        lambda: kite.place_order(
            "iceberg",
            quantity=1200,
            product="MIS",
            order_type="LIMIT",
            price=price_of(last, 0.97),
            iceberg_legs=4,
            iceberg_quantity=300,
            **order,
        ),
        lambda x: (
            kite.order_history(x)[-1]["meta"]["iceberg"]["legs"] == 4
            and kite.cancel_order("iceberg", x) == x
        ),
    )
    report.call(
        "place_order auction",
        lambda: kite.place_order(
            "auction",
            quantity=2,
            product="CNC",
            order_type="LIMIT",
            price=price_of(last, 0.95),
            auction_number="7",
            **order,
        ),
        lambda x: (
            kite.order_history(x)[-1]["auction_number"] == "7"
            and kite.cancel_order("auction", x) == x
        ),
    )
    option = sliced_option(kite, nfo)
    report.call(
        "place_autoslice_order",
        lambda: kite.place_autoslice_order(
            "regular",
            "NFO",
            option["tradingsymbol"],
            "BUY",
            option["lot_size"] * 30,
            "NRML",
            "LIMIT",
            price=0.05,
        ),
        lambda x: (
            x["order_id"]
            and len(x["children"]) >= 2
            and all("order_id" in c for c in x["children"])
        ),
    )


def stop_of(kite, cover):
    """The order that an executed cover order's stop is."""
    found = []
    wait_until(
        lambda: found.extend(o for o in kite.orders() if o["parent_order_id"] == cover) or found,
        step_s=0.15,
    )
    return found[0]


def sliced_option(kite, nfo):
    """The far put of NIFTY that is cheapest to order more of than one order may have."""
    puts = [row for row in nfo if row["name"] == "NIFTY" and row["instrument_type"] == "PE"]
    nearest = min(row["expiry"] for row in puts)
    return min((row for row in puts if row["expiry"] == nearest), key=lambda row: row["strike"])
