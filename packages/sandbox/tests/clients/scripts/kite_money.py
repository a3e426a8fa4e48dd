"""Portfolio, triggers, margins and mutual funds."""

import datetime

from kite_common import price_of, report
from kiteconnect import exceptions

FUND, FUND_AMOUNT = "INF000S01024", 1000


def portfolio(kite):
    report.call(
        "holdings",
        kite.holdings,
        lambda rows: {"INFY", "TCS"} <= {h["tradingsymbol"] for h in rows},
    )
    report.call("get_auction_instruments", kite.get_auction_instruments, lambda rows: rows == [])
    rows = report.call(
        "positions",
        kite.positions,
        lambda p: all(
            abs(r["pnl"] - (r["sell_value"] - r["buy_value"] + r["quantity"] * r["last_price"]))
            < 0.01
            for r in p["net"]
        ),
    )
    held = next(
        r
        for r in rows["net"]
        if r["tradingsymbol"] == "INFY" and r["product"] == "MIS" and r["quantity"] > 0
    )
    report.call(
        "convert_position",
        lambda: kite.convert_position("NSE", "INFY", "BUY", "day", 2, "MIS", "CNC"),
        lambda x: x is True,
    )
    report.call(
        "the converted position",
        kite.positions,
        lambda p: (
            {r["product"]: r["quantity"] for r in p["net"] if r["tradingsymbol"] == "INFY"}
            == {"MIS": held["quantity"] - 2, "CNC": 2}
        ),
    )


def gtts(kite, last):
    leg = {
        "exchange": "NSE",
        "tradingsymbol": "INFY",
        "transaction_type": "SELL",
        "quantity": 1,
        "order_type": "LIMIT",
        "product": "CNC",
    }
    low, high = price_of(last, 0.9), price_of(last, 1.1)
    single = report.call(
        "place_gtt",
        lambda: kite.place_gtt("single", "INFY", "NSE", [low], last, [{**leg, "price": low}]),
    )
    both = report.call(
        "place_gtt two-leg",
        lambda: kite.place_gtt(
            "two-leg",
            "INFY",
            "NSE",
            [low, high],
            last,
            [{**leg, "price": low}, {**leg, "price": high}],
        ),
    )
    number = (single or {}).get("trigger_id")
    report.call(
        "get_gtts",
        kite.get_gtts,
        lambda rows: {number, both["trigger_id"]} <= {g["id"] for g in rows},
    )
    report.call(
        "get_gtt",
        lambda: kite.get_gtt(number),
        lambda g: g["condition"]["trigger_values"] == [low] and g["status"] == "active",
    )
    report.call(
        "modify_gtt",
        lambda: kite.modify_gtt(
            number, "single", "INFY", "NSE", [high], last, [{**leg, "price": high}]
        ),
        lambda x: x["trigger_id"] == number,
    )
    report.call(
        "the modified gtt",
        lambda: kite.get_gtt(number)["condition"]["trigger_values"],
        lambda v: v == [high],
    )
    report.call("delete_gtt", lambda: kite.delete_gtt(number), lambda x: x["trigger_id"] == number)
    report.fails(
        "get_gtt of an unknown trigger",
        lambda: kite.get_gtt(1),
        exceptions.GeneralException,
        "trigger_id",
    )


def reckoning(kite, last, nfo):
    order = {
        "exchange": "NSE",
        "tradingsymbol": "INFY",
        "transaction_type": "BUY",
        "variety": "regular",
        "product": "CNC",
        "order_type": "LIMIT",
        "quantity": 10,
        "price": last,
        "trigger_price": 0,
    }
    report.call(
        "order_margins",
        lambda: kite.order_margins([order]),
        lambda m: abs(m[0]["total"] - 10 * last) < 1 and m[0]["charges"]["total"] > 0,
    )
    future = next(row for row in nfo if row["name"] == "NIFTY" and row["instrument_type"] == "FUT")
    lot = {
        **order,
        "exchange": "NFO",
        "tradingsymbol": future["tradingsymbol"],
        "product": "NRML",
        "order_type": "MARKET",
        "quantity": future["lot_size"],
        "price": 0,
    }
    report.call(
        "basket_order_margins",
        lambda: kite.basket_order_margins([order, lot], consider_positions=True),
        lambda m: m["final"]["span"] > 0 and len(m["orders"]) == 2,
    )
    report.call(
        "basket_order_margins compact",
        lambda: kite.basket_order_margins([order], consider_positions=False, mode="compact"),
        lambda m: "orders" not in m and m["initial"]["total"] > 0,
    )
    done = {"order_id": "1", **order, "average_price": last}
    report.call(
        "get_virtual_contract_note",
        lambda: kite.get_virtual_contract_note([done]),
        lambda n: n[0]["charges"]["transaction_tax"] > 0,
    )


def funds(kite):
    report.call(
        "mf_instruments",
        kite.mf_instruments,
        lambda rows: len(rows) >= 3 and rows[0]["purchase_allowed"] is True,
    )
    placed = report.call(
        "place_mf_order", lambda: kite.place_mf_order(FUND, "BUY", amount=FUND_AMOUNT, tag="mf")
    )
    number = (placed or {}).get("order_id")
    report.call("mf_orders", kite.mf_orders, lambda rows: number in [o["order_id"] for o in rows])
    report.call(
        "mf_orders of one",
        lambda: kite.mf_orders(number),
        lambda o: (
            o["amount"] == FUND_AMOUNT and isinstance(o["order_timestamp"], datetime.datetime)
        ),
    )
    report.call(
        "cancel_mf_order", lambda: kite.cancel_mf_order(number), lambda x: x["order_id"] == number
    )
    plan = report.call(
        "place_mf_sip",
        lambda: kite.place_mf_sip(FUND, FUND_AMOUNT, 12, "monthly", instalment_day=5),
    )
    number = (plan or {}).get("sip_id")
    report.call("mf_sips", kite.mf_sips, lambda rows: number in [p["sip_id"] for p in rows])
    report.call(
        "modify_mf_sip",
        lambda: kite.modify_mf_sip(number, amount=2000, status="paused"),
        lambda x: x["sip_id"] == number,
    )
    report.call(
        "mf_sips of one",
        lambda: kite.mf_sips(number),
        lambda p: p["status"] == "PAUSED" and p["instalment_amount"] == 2000,
    )
    report.call(
        "cancel_mf_sip", lambda: kite.cancel_mf_sip(number), lambda x: x["sip_id"] == number
    )
    report.call("mf_holdings", kite.mf_holdings, lambda rows: rows == [])
