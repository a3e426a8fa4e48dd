"""Upstox's client against the sandbox: several orders at once, GTTs, kill switches, addresses."""

import upstox_client
from reporting import Reporter
from upstox_client.rest import ApiException
from upstox_common import SBIN, body, last_price, signed_in

report = Reporter()


def several(client):
    api = upstox_client.OrderApi(client)
    low = round(last_price(client, SBIN) * 0.95, 1)
    rows = [
        upstox_client.MultiOrderRequest(
            **body("LIMIT", low, instrument_token=SBIN, tag="many"), slice=False, correlation_id="a"
        ),
        upstox_client.MultiOrderRequest(
            **body("MARKET", instrument_token=SBIN, product="I", tag="many"),
            slice=False, correlation_id="b",
        ),
    ]  # fmt: skip
    placed = report.call(
        "place_multi_order",
        lambda: api.place_multi_order(rows),
        lambda r: {row.correlation_id for row in r.data} == {"a", "b"} and r.summary.success == 2,
    )
    resting = {row.correlation_id: row.order_id for row in placed.data}["a"]
    report.call(
        "cancel_multi_order",
        lambda: api.cancel_multi_order(tag="many"),
        lambda r: r.data.order_ids == [resting] and r.summary.total == 1,
    )
    report.call(
        "exit_positions",
        lambda: api.exit_positions(tag="many", segment="NSE_EQ"),
        lambda r: len(r.data.order_ids) == 1 and r.summary.success == 1,
    )
    rows[0].correlation_id = "b"
    report.fails(
        "a correlation id twice", lambda: api.place_multi_order(rows), ApiException, "UDAPI100036"
    )


def gtts(client):
    api = upstox_client.OrderApiV3(client)
    last = last_price(client, SBIN)
    entry = upstox_client.GttRule(
        strategy="ENTRY", trigger_type="BELOW", trigger_price=round(last * 0.9, 1)
    )
    target = upstox_client.GttRule(
        strategy="TARGET", trigger_type="IMMEDIATE", trigger_price=round(last * 1.1, 1)
    )
    stop = upstox_client.GttRule(
        strategy="STOPLOSS", trigger_type="IMMEDIATE", trigger_price=round(last * 0.8, 1),
        trailing_gap=1.0,
    )  # fmt: skip
    terms = upstox_client.GttPlaceOrderRequest(
        type="MULTIPLE", quantity=2, product="D", rules=[entry, target, stop],
        instrument_token=SBIN, transaction_type="BUY",
    )  # fmt: skip
    [name] = report.call(
        "place_gtt_order",
        lambda: api.place_gtt_order(terms),
        lambda r: len(r.data.gtt_order_ids) == 1 and r.metadata is not None,
    ).data.gtt_order_ids
    change = upstox_client.GttModifyOrderRequest(
        type="MULTIPLE", quantity=3, rules=[entry, target], gtt_order_id=name
    )
    report.call(
        "modify_gtt_order",
        lambda: api.modify_gtt_order(change),
        lambda r: r.data.gtt_order_ids == [name],
    )
    report.call(
        "get_gtt_order_details",
        lambda: api.get_gtt_order_details(gtt_order_id=name),
        lambda r: (
            r.data[0].quantity == 3
            and [(rule.strategy, rule.status) for rule in r.data[0].rules]
            == [("ENTRY", "SCHEDULED"), ("TARGET", "SCHEDULED")]
        ),
    )
    cancelled = upstox_client.GttCancelOrderRequest(gtt_order_id=name)
    report.call(
        "cancel_gtt_order",
        lambda: api.cancel_gtt_order(cancelled),
        lambda r: r.data.gtt_order_ids == [name],
    )
    report.fails(
        "a cancelled gtt again",
        lambda: api.cancel_gtt_order(cancelled),
        ApiException,
        "UDAPI100036",
    )


def switches(client):
    api = upstox_client.UserApi(client)
    report.call(
        "get_kill_switch",
        api.get_kill_switch,
        lambda r: {row["segment"]: row["segment_status"] for row in r.data}["BSE_EQ"] == "ACTIVE",
    )
    change = [upstox_client.KillSwitchSegmentUpdateRequest(segment="BSE_EQ", action="ENABLE")]
    report.call(
        "update_kill_switch",
        lambda: api.update_kill_switch(change),
        lambda r: {row["segment"]: row["kill_switch_enabled"] for row in r.data}["BSE_EQ"] is True,
    )
    report.call("get_user_ips", api.get_user_ips, lambda r: r.data.primary_ip is None)
    extended = upstox_client.Configuration()
    extended.host = extended.order_host = client.configuration.host
    extended.access_token = client.extended_token
    reader = upstox_client.OrderApi(upstox_client.ApiClient(extended))
    report.call(
        "get_order_book with the extended token",
        lambda: reader.get_order_book("2.0"),
        lambda r: r.data,
    )
    report.fails(
        "an order with the extended token",
        lambda: reader.place_order(upstox_client.PlaceOrderRequest(**body("MARKET")), "2.0"),
        ApiException,
        "UDAPI100067",
    )
    report.call(
        "update_user_ip",
        lambda: api.update_user_ip(upstox_client.UpdateUserIpRequest(primary_ip="127.0.0.1")),
        lambda r: r.data.access_tokens_invalidated is True,
    )


def main():
    client = signed_in()
    several(client)
    gtts(client)
    switches(client)


main()
