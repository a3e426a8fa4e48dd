"""Orders and smart orders of Groww's client."""

from groww_common import CASH, FNO, NSE, order, price_of, report
from growwapi.groww import exceptions
from reporting import wait_until

ERROR = exceptions.GrowwAPIException


def filled(groww):
    """An order that fills: its reply, state, trades and reference."""
    placed = report.call(
        "place_order MARKET",
        lambda: groww.place_order(**order(order_reference_id="market-000001")),
        lambda r: r["groww_order_id"] and r["order_reference_id"] == "market-000001",
    )
    name = placed["groww_order_id"]

    def state():
        return groww.get_order_status(CASH, name)

    wait_until(lambda: state()["order_status"] == "EXECUTED", step_s=0.1)
    report.call(
        "get_order_status",
        state,
        lambda r: r["order_status"] == "EXECUTED" and r["filled_quantity"] == 5,
    )
    report.call(
        "get_order_status_by_reference",
        lambda: groww.get_order_status_by_reference(CASH, "market-000001"),
        lambda r: r["groww_order_id"] == name,
    )
    report.call(
        "get_order_detail",
        lambda: groww.get_order_detail(CASH, name),
        lambda r: (
            len(r) == 22
            and r["remaining_quantity"] == 0
            and r["average_fill_price"] > 0
            and r["product"] == "MIS"
        ),
    )
    report.call(
        "get_trade_list_for_order",
        lambda: groww.get_trade_list_for_order(name, CASH),
        lambda r: sum(one["quantity"] for one in r["trade_list"]) == 5,
    )
    report.fails(
        "place_order with a used reference",
        lambda: groww.place_order(**order(order_reference_id="market-000001")),
        ERROR,
        "used already",
    )


def resting(groww, last):
    """An order that waits: changed, cancelled, and in the book."""
    placed = report.call(
        "place_order LIMIT",
        lambda: groww.place_order(
            **order(order_type="LIMIT", product="CNC", price=price_of(last, 0.95))
        ),
        lambda r: len(r["order_reference_id"]) == 8 and r["order_status"] == "APPROVED",
    )
    name = placed["groww_order_id"]
    report.call(
        "modify_order",
        lambda: groww.modify_order("LIMIT", CASH, name, 4, price=price_of(last, 0.94)),
        lambda r: r["groww_order_id"] == name,
    )
    report.call(
        "the modified order",
        lambda: groww.get_order_detail(CASH, name),
        lambda r: (r["quantity"], r["price"]) == (4, price_of(last, 0.94)),
    )
    report.call(
        "cancel_order",
        lambda: groww.cancel_order(name, CASH),
        lambda r: r["order_status"] == "CANCELLED",
    )
    report.fails(
        "cancel_order of an ended order", lambda: groww.cancel_order(name, CASH), ERROR, ""
    )
    report.fails(
        "modify_order of an ended order",
        lambda: groww.modify_order("LIMIT", CASH, name, 3, price=price_of(last, 0.93)),
        ERROR,
        "",
    )
    report.call(
        "get_order_list",
        groww.get_order_list,
        lambda r: r["order_list"][0]["groww_order_id"] == name and len(r["order_list"]) == 2,
    )
    report.call(
        "get_order_list of a segment",
        lambda: groww.get_order_list(segment=FNO),
        lambda r: r["order_list"] == [],
    )


def stops(groww, last):
    """Stop orders rest at their trigger."""

    def stop(kind, price):
        terms = order(order_type=kind, price=price, trigger_price=price_of(last, 1.05))
        placed = groww.place_order(**terms)
        groww.cancel_order(placed["groww_order_id"], CASH)
        return placed

    report.call(
        "place_order SL",
        lambda: stop("SL", price_of(last, 1.06)),
        lambda r: r["order_status"] == "TRIGGER_PENDING",
    )
    report.call(
        "place_order SL_M", lambda: stop("SL_M", 0.0), lambda r: "PENDING" in r["order_status"]
    )


def refusals(groww, future):
    """What is refused, with words that say what to do."""

    def place(**terms):
        return lambda: groww.place_order(**order(**terms))

    report.fails(
        "place_order LIMIT without a price", place(order_type="LIMIT"), ERROR, "price above 0"
    )
    report.fails(
        "place_order with a short reference", place(order_reference_id="short"), ERROR, "8 to 20"
    )
    report.fails(
        "place_order of an unknown symbol", place(trading_symbol="NOSUCH"), ERROR, "no instrument"
    )
    report.fails("place_order of an index", place(trading_symbol="NIFTY"), ERROR, "is an index")
    report.fails(
        "place_order beyond the money", place(quantity=50_000, product="CNC"), ERROR, "available"
    )
    report.fails(
        "place_order of a part of a lot",
        place(segment=FNO, trading_symbol=future, product="NRML"),
        ERROR,
        "multiple",
    )
    report.fails("place_order GTC", place(validity="GTC"), ERROR, "DAY, IOC")
    report.fails("an unknown order", lambda: groww.get_order_detail(CASH, "GMK1"), ERROR, "GMK1")


def gtt(groww, last):
    """A trigger for one price: made, read, changed, cancelled."""
    terms = {
        "smart_order_type": "GTT", "segment": CASH, "trading_symbol": "INFY", "quantity": 3,
        "product_type": "CNC", "exchange": NSE, "duration": "DAY", "trigger_direction": "DOWN",
        "trigger_price": f"{price_of(last, 0.9):.2f}",
        "order": {
            "order_type": "LIMIT", "price": f"{price_of(last, 0.9):.2f}",
            "transaction_type": "BUY",
        },
    }  # fmt: skip
    made = report.call(
        "create_smart_order GTT",
        lambda: groww.create_smart_order(**terms),
        lambda r: r["smart_order_id"].startswith("gtt_") and r["status"] == "ACTIVE",
    )
    name = made["smart_order_id"]
    report.call(
        "get_smart_order",
        lambda: groww.get_smart_order(CASH, "GTT", name),
        lambda r: r["order"]["transaction_type"] == "BUY" and r["trigger_direction"] == "DOWN",
    )
    report.call(
        "modify_smart_order GTT",
        lambda: groww.modify_smart_order(
            name, "GTT", CASH, quantity=2, trigger_price=f"{price_of(last, 0.91):.2f}"
        ),
        lambda r: r["quantity"] == 2 and float(r["trigger_price"]) == price_of(last, 0.91),
    )
    report.call(
        "get_smart_order_list",
        lambda: groww.get_smart_order_list(
            smart_order_type="GTT", segment=CASH, status="ACTIVE", page=0, page_size=50,
        ),
        lambda r: [one["smart_order_id"] for one in r["orders"]] == [name],
    )  # fmt: skip
    report.call(
        "cancel_smart_order GTT",
        lambda: groww.cancel_smart_order(CASH, "GTT", name),
        lambda r: r["status"] == "CANCELLED" and not r["is_cancellation_allowed"],
    )
    report.fails(
        "cancel_smart_order of an ended one",
        lambda: groww.cancel_smart_order(CASH, "GTT", name),
        ERROR,
        "only an ACTIVE one",
    )
    report.fails(
        "create_smart_order on the wrong side of the market",
        lambda: groww.create_smart_order(**{**terms, "trigger_direction": "UP"}),
        ERROR,
        "above the last price",
    )


def oco(groww, last):
    """A target and a stop around the price."""
    made = report.call(
        "create_smart_order OCO",
        lambda: groww.create_smart_order(
            "OCO", CASH, "INFY", 5, "MIS", NSE, "DAY",
            net_position_quantity=5,
            transaction_type="SELL",
            target={
                "trigger_price": f"{price_of(last, 1.08):.2f}", "order_type": "LIMIT",
                "price": f"{price_of(last, 1.08):.2f}",
            },
            stop_loss={"trigger_price": f"{price_of(last, 0.92):.2f}", "order_type": "SL_M"},
        ),
        lambda r: r["smart_order_id"].startswith("oco_") and r["stop_loss"]["price"] is None,
    )  # fmt: skip
    name = made["smart_order_id"]
    report.call(
        "modify_smart_order OCO",
        lambda: groww.modify_smart_order(
            name, "OCO", CASH, stop_loss={"trigger_price": f"{price_of(last, 0.93):.2f}"}
        ),
        lambda r: float(r["stop_loss"]["trigger_price"]) == price_of(last, 0.93),
    )
    report.call(
        "get_smart_order_list of the defaults",
        groww.get_smart_order_list,
        lambda r: [one["smart_order_id"] for one in r["orders"]] == [name],
    )
    report.call(
        "cancel_smart_order OCO",
        lambda: groww.cancel_smart_order(CASH, "OCO", name),
        lambda r: r["status"] == "CANCELLED",
    )
