"""Options: chains, resolvers, strategies, and the life of option runs."""

from __future__ import annotations

from typing import Any

import kite_algo_worker as kaw
from scenarios.recording import Drive, Recorded

AT_MONEY = {"option_type": "PE", "offset": "ATM"}


def chains(drive: Drive) -> None:
    options = drive.options
    assert options.ensure_session("NIFTY")["status"] == "ready"
    assert options.list_expiries("NIFTY")["expiries"]
    for call in ("get_chain", "get_greeks", "get_pcr", "get_max_pain"):
        assert getattr(options, call)("NIFTY", expiry="nearest")
    options.get_mini_chain("NIFTY", window=2)
    wanted = {"expiry": "nearest", "legs": [{"option_type": "CE", "moneyness": "ATM"}]}
    assert options.resolve_contracts("NIFTY", wanted)["resolved"]


def resolvers(drive: Drive) -> None:
    """As methods, and as the functions of the same names."""
    common = {"underlying": "NIFTY", "product": "NRML", "expiry": "next_month"}
    for owner, first in ((drive.options, ()), (drive.functions, (drive.plain.options,))):
        contracts = owner.resolve_option_contracts(
            *first, underlying="NIFTY",
            selection_payload={"expiry": "nearest", "legs": [AT_MONEY]},
        )  # fmt: skip
        strike = contracts[0]["strike"]
        leg = owner.resolve_option_leg(
            *first, underlying="NIFTY", product="NRML", expiry="nearest",
            selection={"option_type": "CE", "strike": strike}, transaction_type="BUY", lots=2,
        )  # fmt: skip
        assert (leg.quantity, leg.strike) == (2 * leg.lot_size, strike)
        offset = owner.resolve_offset_leg(
            *first, **common, option_type="CE", offset="OTM2", transaction_type="SELL"
        )
        assert offset.transaction_type == "SELL"
        delta = owner.resolve_delta_leg(
            *first, **common, option_type="CE", delta_target=0.30, transaction_type="SELL"
        )
        assert delta.metadata["resolver"] == "delta"
        assert (
            len(owner.resolve_spread(*first, underlying="NIFTY", product="NRML", spec=spread()))
            == 2
        )


def spread() -> Any:
    """The seed's example, a month away so that nothing expires under the test."""
    return kaw.SpreadSpec(
        spread_type="vertical_call_spread",
        expiry="next_month",
        legs=[
            kaw.SpreadLegSelection(
                selection={"option_type": "CE", "moneyness": "ATM"}, transaction_type="SELL"
            ),
            kaw.SpreadLegSelection(
                selection={"option_type": "CE", "moneyness": "+1_strike"}, transaction_type="BUY"
            ),
        ],
    )


def strategies(drive: Drive) -> None:
    made = drive.options.preview_strategy({"underlying": "NIFTY", "spread": "iron_condor"})
    assert len(made["legs"]) == 4
    assert made["margin"]["required"] > 0


def life_of_a_run(drive: Drive) -> None:
    """Created, looked at, entered with token and nonce, guarded, replayed, left."""
    client, options = drive.client, drive.options
    legs = options.resolve_spread(underlying="NIFTY", product="NRML", spec=spread())
    run = options.create_run(
        strategy_name="Bear Call Spread", product="NRML",
        legs=[leg.model_dump(exclude_none=True) for leg in legs],
        protection={"stoploss_pct": 40.0}, metadata={"signal": "conformance"},
    )  # fmt: skip
    run_id = run["strategy_run_id"]
    _looked_at(drive, run_id, legs)
    nonce = client.claim_session(run_id)["worker_session_nonce"]
    client.run_heartbeat(run_id, session_nonce=nonce)
    safety = client.safety_check(run_id)
    assert safety.can_trade, safety.blocking_reasons
    entered = options.enter(run_id, safety_token=safety.safety_token, session_nonce=nonce)
    assert [leg["status"] for leg in entered["result"]["legs"]] == ["COMPLETE", "COMPLETE"]
    again = options.enter(run_id, session_nonce=nonce)
    assert again == entered
    assert options.get_run_state(run_id)["option_status"] == "entered"
    assert client.safety_check(run_id).options_protection["status"] == "armed"
    _guarded(drive, run_id, nonce)
    assert len(client.list_orders(run_id)["orders"]) == 2
    assert len(client.get_trades_snapshot(run_id).trades) == 2
    preview = options.preview_exit(run_id)
    assert [one["transaction_type"] for one in preview["close"]] == ["BUY", "SELL"]
    left = options.exit(run_id, {"idempotency_key": f"{run_id}:exit"}, session_nonce=nonce)
    assert left["status"] == "closed"
    state = options.get_run_state(run_id)
    assert (state["option_status"], state["status"]) == ("exited", "closed")


def _looked_at(drive: Drive, run_id: str, legs: list[Any]) -> None:
    client, options, function = drive.client, drive.options, drive.functions
    assert client.get_run(run_id)["status"] == "open"
    whole = options.preview_entry(run_id)
    assert whole["preview"]["cost_contract"]["margin_required"] > 0
    # Prices go on between the two.
    named, bare = options.preview_entry(run_id, payload={}), options.preview_run_entry(run_id)
    assert named["preview"].keys() == bare["preview"].keys()
    order = function.option_leg(
        legs[1].tradingsymbol, "BUY", legs[1].quantity, product="NRML", order_type="MARKET"
    )
    order.pop("leg_id")  # the preview of orders is the ordinary one: it knows no legs
    assert options.preview_entry(run_id, [order])["preview"]["basket"]["orders"]
    one = function.option_market_order(legs[1].tradingsymbol, "BUY", legs[1].quantity)
    assert client.preview_order(run_id, one)["preview"]["order"]["exchange"] == "NFO"
    builder = Recorded(kaw.OrderBuilder, "OrderBuilder")
    assert one == builder.option_market_order(legs[1].tradingsymbol, "BUY", legs[1].quantity)
    assert options.get_run_state(run_id)["option_status"] == "created"
    assert options.get_protection_state(run_id)["status"] == "unarmed"


def _guarded(drive: Drive, run_id: str, nonce: str) -> None:
    options = drive.options
    before = options.get_protection_state(run_id)
    rules = {"stoploss_pct": 50.0, "target_pct": 80.0, "basis": "premium"}
    after = options.update_protection(run_id, rules, session_nonce=nonce)
    assert after["protection_state"]["generation"] == before["generation"] + 1
    assert options.get_protection_state(run_id)["protection"] == rules
    path = [{"pnl_pct": value} for value in (0.0, -20.0, -55.0)]
    told = options.replay_protection(run_id, path)
    assert told["would_have_fired"]
    assert (told["first"]["index"], told["first"]["rule"]) == (2, "basket_stoploss")
    other = options.replay_protection(run_id, path, protection={"stoploss_pct": 90.0})
    assert not other["would_have_fired"]


def bombay(drive: Drive) -> None:
    """Contract Q7: every resolver leg says NFO, SENSEX's too."""
    options = drive.options
    leg = options.resolve_offset_leg(
        underlying="SENSEX", product="NRML", expiry="next_month", option_type="PE", offset="ATM",
        transaction_type="BUY",
    )  # fmt: skip
    assert leg.exchange == "NFO"
    run = options.create_run(strategy_name="Put", product="NRML", legs=[leg])
    assert run["legs"][0]["exchange"] == "BFO"
    run_id = run["strategy_run_id"]
    assert options.enter(run_id, {"all_or_none": True})["result"]["status"] == "accepted"
    assert options.exit(run_id)["status"] == "closed"


def what_cannot_work(drive: Drive) -> None:
    """Contract Q7: what option_leg() makes is no leg of a run, for the published models."""
    leg = kaw.option_leg("NIFTY26DEC20000CE", "BUY", 65)
    create = drive.options.create_run
    try:
        create(strategy_name="x", product="NRML", legs=[leg])
    except TypeError:
        assert not drive.keeps_unknown
    except kaw.KiteAlgoWorkerError:  # it got as far as the server, which knows no such contract
        assert drive.keeps_unknown
