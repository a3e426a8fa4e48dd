"""Strategies in plain English."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_core.strategy.english.sentences import describe, phrase
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_core.strategy.parse.place import Place, Problems
from tradertape_core.strategy.parse.tree import read_condition, read_operand
from tradertape_indicators import CATALOGUE, SHORT_NAMES

CLOSE = {"type": "indicator", "name": "close"}
RSI = {"type": "indicator", "name": "rsi14"}
PARAMS = {"dip": 5.0}


def ind(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "name": name, **more}


def fn(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "fn": name, **more}


def market(name: str) -> dict[str, Any]:
    return {"type": "market", "name": name}


def position(field: str) -> dict[str, Any]:
    return {"type": "position", "field": field}


def arith(left: Any, op: str, right: Any) -> dict[str, Any]:
    return {"type": "arith", "op": op, "left": left, "right": right}


def cmp(left: Any, op: str, right: Any) -> dict[str, Any]:
    return {"type": "compare", "left": left, "op": op, "right": right}


def operand(document: dict[str, Any]):
    found = Problems()
    node = read_operand(Place(document, "", found), PARAMS, "position")
    assert found.found == []
    return node


def condition(document: dict[str, Any]):
    found = Problems()
    node = read_condition(Place(document, "", found), PARAMS, "position")
    assert found.found == []
    return node


@pytest.mark.parametrize(
    ("document", "noun"),
    [
        (ind("high"), "the day's high"),
        (ind("high_20d", offset=1), "the 20-day high of the day before"),
        (ind("rsi14", offset=3), "RSI(14) of 3 days before"),
        (fn("sma", params={"period": 37}), "the 37-day average"),
        (fn("sma", params={"period": 9}, source="volume"), "the 9-day average of the volume"),
        (
            fn("sma", params={"period": {"type": "param", "name": "dip"}}),
            "the 5-day average (set by dip)",
        ),
        (fn("highest", params={"period": 55}, source="high"), "the 55-day high"),
        (fn("lowest", params={"period": 55}), "the lowest close of 55 days"),
        (fn("bbands", output="upper"), "the upper Bollinger band(20, 2)"),
        (fn("supertrend", output="direction"), "Supertrend(10, 3) direction"),
        (fn("adx", output="plus_di"), "+DI(14)"),
        (market("close"), "the NIFTY 50"),
        (market("sma200"), "the NIFTY 50's 200-day average"),
        ({"type": "literal", "value": 1234567.5}, "12,34,567.5"),
        ({"type": "param", "name": "dip"}, "5 (dip)"),
        (position("drawdown_from_peak_pct"), "the fall from the position's peak"),
        (arith(ind("sma20"), "*", 0.97), "97% of the 20-day average"),
        (arith(1.05, "*", ind("sma20")), "105% of the 20-day average"),
        (arith(ind("high"), "-", ind("low")), "the day's high minus the day's low"),
        (
            arith(arith(CLOSE, "-", ind("open")), "/", ind("atr14")),
            "(the close minus the open) divided by ATR(14)",
        ),
    ],
)
def test_operands_are_nouns(document: dict[str, Any], noun: str):
    assert phrase(operand(document), params=PARAMS) == noun


@pytest.mark.parametrize(
    ("document", "said", "denied"),
    [
        (
            cmp(CLOSE, ">", ind("sma200")),
            "the close is above its 200-day average",
            "the close is not above its 200-day average",
        ),
        (
            cmp(CLOSE, "<=", ind("bb_lower")),
            "the close is at or below the lower Bollinger band",
            "the close is above the lower Bollinger band",
        ),
        (
            cmp(CLOSE, "<", arith(ind("sma20"), "*", 0.97)),
            "the close is below 97% of its 20-day average",
            "the close is not below 97% of its 20-day average",
        ),
        (cmp(RSI, "<", 40), "RSI(14) is below 40", "RSI(14) is not below 40"),
        (cmp(30, ">", RSI), "RSI(14) is below 30", "RSI(14) is not below 30"),
        (cmp(RSI, ">=", 70), "RSI(14) is at least 70", "RSI(14) is below 70"),
        (cmp(RSI, "==", 50), "RSI(14) is 50", "RSI(14) is not 50"),
        (cmp(RSI, "!=", 50), "RSI(14) is not 50", "RSI(14) is 50"),
        (
            cmp(CLOSE, ">=", 1250.5),
            "the close is at least ₹1,250.50",
            "the close is below ₹1,250.50",
        ),
        (
            cmp(ind("turnover_20d"), ">", 50_000_000),
            "the 20-day average turnover is above ₹5 crore",
            "the 20-day average turnover is not above ₹5 crore",
        ),
        (
            cmp(ind("vol_ratio_20"), ">=", 1.5),
            "the volume against its 20-day average is at least 1.5×",
            "the volume against its 20-day average is below 1.5×",
        ),
        (
            cmp(ind("ret_5d"), "<", 0),
            "the 5-day return is negative",
            "the 5-day return is not negative",
        ),
        (
            cmp(position("pnl_pct"), "<=", -5),
            "the loss is at least 5%",
            "the loss is below 5%",
        ),
        (cmp(position("pnl_pct"), ">=", 3), "the gain is at least 3%", "the gain is below 3%"),
        (
            cmp(position("total_bars_held"), ">", 2),
            "the time held is more than 2 days",
            "the time held is at most 2 days",
        ),
        (
            cmp(fn("rising", params={"period": 3}), "==", 1),
            "the close is above each of the 3 days before",
            "the close is not above each of the 3 days before",
        ),
        (
            cmp(market("close"), ">", market("sma200")),
            "the NIFTY 50 is above its 200-day average",
            "the NIFTY 50 is not above its 200-day average",
        ),
        (
            {"type": "cross", "direction": "above", "left": CLOSE, "right": ind("ema21")},
            "the close crosses above its 21-day exponential average",
            "the close does not cross above its 21-day exponential average",
        ),
        (
            {"type": "between", "value": ind("drawdown_20d_pct"), "low": 5, "high": 18},
            "the fall from the 20-day high is between 5% and 18%",
            "the fall from the 20-day high is not between 5% and 18%",
        ),
        (
            {"type": "in", "value": ind("trend_alignment"), "values": [75, 100]},
            "the trend alignment score is 75 or 100",
            "the trend alignment score is not 75 or 100",
        ),
        (
            {"type": "for_bars", "bars": 3, "condition": cmp(RSI, "<", 30)},
            "for 3 days in a row RSI(14) is below 30",
            "it is not so that for 3 days in a row RSI(14) is below 30",
        ),
        (
            {"type": "not", "condition": cmp(RSI, "<", 30)},
            "RSI(14) is not below 30",
            "RSI(14) is below 30",
        ),
        (
            {"type": "random", "prob": 0.05},
            "the day's random draw picks the stock (5% chance)",
            "the day's random draw does not pick the stock (5% chance)",
        ),
        (
            {"type": "count", "at_least": 2, "conditions": [cmp(RSI, "<", n) for n in (1, 2)]},
            "at least 2 of these 2 hold: RSI(14) is below 1; RSI(14) is below 2",
            "it is not so that (at least 2 of these 2 hold: RSI(14) is below 1; RSI(14) is "
            "below 2)",
        ),
        (
            {
                "type": "and",
                "conditions": [
                    cmp(CLOSE, ">", 1),
                    {"type": "or", "conditions": [cmp(RSI, "<", 2), cmp(RSI, ">", 9)]},
                ],
            },
            "the close is above ₹1 and (RSI(14) is below 2 or RSI(14) is above 9)",
            "it is not so that (the close is above ₹1 and (RSI(14) is below 2 or RSI(14) is above "
            "9))",
        ),
    ],
)
def test_conditions_are_clauses_said_and_denied(document: dict[str, Any], said: str, denied: str):
    assert phrase(condition(document)) == said
    assert phrase(condition(document), denied=True) == denied


def test_a_parameter_shows_its_value_in_the_unit_it_is_compared_with():
    node = condition(cmp(ind("drawdown_20d_pct"), ">=", {"type": "param", "name": "dip"}))
    assert phrase(node, params=PARAMS) == "the fall from the 20-day high is at least 5% (dip)"
    assert phrase(node) == "the fall from the 20-day high is at or above dip"


def test_another_index_is_called_by_its_name():
    node = condition(cmp(market("close"), ">", market("sma50")))
    assert phrase(node, index="NIFTY BANK") == "the NIFTY BANK is above its 50-day average"


@pytest.mark.parametrize("name", [*SHORT_NAMES, *CATALOGUE])
def test_every_indicator_has_a_noun_for_each_output(name: str):
    if name in SHORT_NAMES:
        documents = [ind(name)]
    else:
        spec = CATALOGUE[name]
        if "left" in spec.inputs:
            return
        several = len(spec.outputs) > 1
        documents = [fn(name, **({"output": one} if several else {})) for one in spec.outputs]
    nouns = [phrase(operand(document)) for document in documents]
    assert len(set(nouns)) == len(nouns)
    assert not any("_" in noun or "{" in noun or noun.endswith(" ") for noun in nouns)


@pytest.mark.parametrize("name", BASE_MODELS)
def test_base_models_read_well_from_top_to_bottom(name: str):
    told = describe(parse_strategy(BASE_MODELS[name]))
    sentences = [sentence for section in told.sections for sentence in section.sentences]
    assert {"Buy", "Order", "Sell", "Protection", "Conviction"} <= {s.title for s in told.sections}
    for sentence in [told.summary, *sentences]:
        assert sentence[0].isupper() or sentence[0] in "+-0123456789"
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert "None" not in sentence


def test_the_dip_buyer_in_words():
    told = describe(parse_strategy(BASE_MODELS["v3_dip_buyer"]))
    assert told.summary == (
        "Buy when the close is above its 200-day average, the fall from the 20-day high is between "
        "5% and 18%, and RSI(14) is below 40. Sell when RSI(14) is above 60; or when the close is "
        "at or above its 20-day average and the gain is at least 3%."
    )
    assert told.to_dict()["name"] == "Dip Buyer"


def sections(**blocks: Any) -> dict[str, list[str]]:
    bare: dict[str, Any] = {
        "name": "A",
        "base_model": "v0_dart_monkey",
        "entry_rules": cmp(RSI, "<", 30),
        "exit_rules": [],
    }
    told = describe(parse_strategy({**bare, **blocks}))
    return {section.title: list(section.sentences) for section in told.sections}


@pytest.mark.parametrize(
    ("blocks", "title", "sentence"),
    [
        ({"filters": {"min_price": 50}}, "Which stocks", "Only stocks that close at ₹50 or more."),
        (
            {"filters": {"max_price": 99.5}},
            "Which stocks",
            "Only stocks that close at ₹99.50 or less.",
        ),
        (
            {"filters": {"min_turnover_20d": 5e7}},
            "Which stocks",
            "Only stocks with a 20-day average turnover of ₹5 crore or more.",
        ),
        (
            {"filters": {"exclude_sectors": ["IT", "Metals"]}},
            "Which stocks",
            "Never the sectors IT and Metals.",
        ),
        ({"filters": {"exclude_symbols": ["INFY"]}}, "Which stocks", "Never INFY."),
        (
            {"filters": {"exclude_result_days": 1}},
            "Which stocks",
            "No purchase within 1 day of a company's results.",
        ),
        (
            {
                "regime_filter": {
                    "condition": cmp(market("close"), ">", market("sma200")),
                    "when_false": "halve_size",
                }
            },
            "Market",
            "Buy at half size unless the NIFTY 50 is above its 200-day average. Exits always run.",
        ),
        (
            {"entry": {"order": "limit", "limit_offset_pct": 0.4}},
            "Order",
            "A limit order up to 0.4% above the signal's close.",
        ),
        ({"entry": {"order": "market"}}, "Order", "Bought at the market on the next trading day."),
        ({"entry": {"order": "market"}}, "Order", "In a backtest it fills at the open."),
        (
            {"entry": {"order": "gtt"}},
            "Order",
            "In a backtest it fills when its trigger is touched.",
        ),
        (
            {"entry": {"order": "limit"}},
            "Order",
            "In a backtest it fills when its limit is touched.",
        ),
        (
            {"entry": {"cooldown_days": 1}},
            "Order",
            "After an exit the stock is not bought again for 1 trading day.",
        ),
        (
            {"exit_rules": [{"condition": cmp(RSI, ">", 70), "size_pct": 50}]},
            "Sell",
            "Sell 50% of the position when RSI(14) is above 70.",
        ),
        (
            {
                "exit_rules": [
                    {"condition": cmp(RSI, ">", 70), "ignore_min_hold": True, "exit_price": RSI}
                ],
                "config": {"min_hold": 3},
            },
            "Sell",
            "Sell when RSI(14) is above 70, however short the time held, at RSI(14).",
        ),
        (
            {"stops": {"stop_loss_pct": 8, "atr_stop_mult": 2.5}},
            "Protection",
            "A stop 8% or 2.5 × ATR(14) below the entry price, whichever is tighter.",
        ),
        (
            {"stops": {"stop_loss_pct": 8, "target_r": 2}},
            "Protection",
            "Take the profit at 2 times the initial risk.",
        ),
        (
            {"stops": {"trailing": {"trail_atr_mult": 3}}},
            "Protection",
            "A trailing stop follows 3 × ATR(14) below the highest price.",
        ),
        (
            {"stops": {"breakeven_at_pct": 5}},
            "Protection",
            "Once 5% ahead, the stop moves up to the entry price.",
        ),
        (
            {"stops": {"gap_down_exit_pct": 6}},
            "Protection",
            "An open 6% or more below the close before is sold at once.",
        ),
        (
            {"stops": {"time_exit_days": 1}},
            "Protection",
            "Exit after 1 trading day, whatever happened.",
        ),
        (
            {
                "addon_rules": {
                    "enabled": True,
                    "condition": cmp(RSI, "<", 20),
                    "size_pct_of_initial": 50,
                }
            },
            "Adding",
            "Add 50% of the first purchase, up to 2 times, when RSI(14) is below 20.",
        ),
        (
            {"config": {"min_conviction": 60}},
            "Conviction",
            "Signals below 60 points are ignored.",
        ),
        (
            {"params": {"dip": {"default": 5, "min": 1, "max": 9, "title": "Depth"}}},
            "Parameters",
            "dip (Depth) is 5, to be tried from 1 to 9.",
        ),
    ],
)
def test_every_block_has_its_sentence(blocks: dict[str, Any], title: str, sentence: str):
    assert sentence in sections(**blocks)[title]


def test_what_is_off_is_not_talked_about():
    assert set(sections()) == {"Buy", "Order", "Protection", "Conviction"}
