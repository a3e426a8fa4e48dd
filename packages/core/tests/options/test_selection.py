"""KQ-02: contracts chosen by strike, offset, moneyness and delta."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput
from tradertape_core.options.chain import OPTION_TYPES, Chain
from tradertape_core.options.selection import choose, read_selection


def chosen(chain: Chain, **document: Any) -> tuple[float, str]:
    found = choose(chain, read_selection(document))
    return float(chain.strikes[found.row]), OPTION_TYPES[found.column]


@pytest.mark.parametrize(
    ("document", "strike"),
    [
        ({"option_type": "CE", "strike": 25_000}, 25_000.0),
        ({"option_type": "pe", "strike": "23950.0"}, 23_950.0),
        ({"option_type": "CE", "offset": "ATM"}, 24_050.0),
        ({"option_type": "CE", "offset": "itm1"}, 24_000.0),
        ({"option_type": "PE", "offset": "ITM1"}, 24_100.0),
        ({"option_type": "CE", "offset": "OTM3"}, 24_200.0),
        ({"option_type": "PE", "offset": "OTM3"}, 23_900.0),
        ({"option_type": "CE", "moneyness": "+1_strike"}, 24_100.0),
        ({"option_type": "PE", "moneyness": "+1_strike"}, 24_100.0),
        ({"option_type": "PE", "moneyness": "-2_strike"}, 23_950.0),
        ({"option_type": "CE", "moneyness": "+2_strikes"}, 24_150.0),
    ],
)
def test_words_find_their_strike(chain: Chain, document: dict[str, Any], strike: float) -> None:
    """The spot is 24,052.40."""
    assert chosen(chain, **document) == (strike, document["option_type"].upper())


@pytest.mark.parametrize("option_type", ["CE", "PE"])
@pytest.mark.parametrize("target", [0.30, -0.30])
def test_a_delta_finds_the_nearest_whatever_its_sign(
    chain: Chain, option_type: str, target: float
) -> None:
    found = choose(chain, read_selection({"option_type": option_type, "delta_target": target}))
    deltas = np.abs(chain.greeks.delta[:, found.column])
    assert found.row == int(np.argmin(np.abs(deltas - 0.30)))
    assert found.meta["delta_gap"] == pytest.approx(abs(abs(found.meta["delta"]) - 0.30))
    assert (found.meta["delta"] > 0) == (option_type == "CE")


def test_a_delta_too_far_from_the_target_is_refused(make_chain: Callable[..., Chain]) -> None:
    last_hours = make_chain(days=0.02)
    document = {"option_type": "CE", "delta_target": 0.30, "max_delta_gap": 0.01}
    with pytest.raises(InvalidInput, match=r"within 0.01 of 0.3; the nearest is \d+ CE with 0\.\d"):
        choose(last_hours, read_selection(document), pointer="/legs/0")


@pytest.mark.parametrize(
    ("document", "message", "pointer"),
    [
        ({"option_type": "CE", "strike": 24_020}, "no strike 24020; nearest are 23950, 24000, 24050"
         ", 24100 of 81 strikes from 22000 to 26000", "/legs/1/strike"),
        ({"option_type": "CE", "offset": "OTM99"}, "OTM99 lies outside the chain: 24050 is at the "
         "money of 81 strikes from 22000 to 26000", "/legs/1/offset"),
    ],
)  # fmt: skip
def test_what_is_not_in_the_chain_is_refused_with_what_is(
    chain: Chain, document: dict[str, Any], message: str, pointer: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        choose(chain, read_selection(document), pointer="/legs/1")
    assert refused.value.message == message
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("document", "pointers"),
    [
        ({}, ["/option_type", ""]),
        ({"option_type": "XX", "strike": 1}, ["/option_type"]),
        ({"option_type": "CE", "strike": 1, "offset": "ATM"}, [""]),
        ({"option_type": "CE", "strike": "dear"}, ["/strike"]),
        ({"option_type": "CE", "strike": -5}, ["/strike"]),
        ({"option_type": "CE", "strike": True}, ["/strike"]),
        ({"option_type": "CE", "strike": "NaN"}, ["/strike"]),
        ({"option_type": "CE", "offset": "near"}, ["/offset"]),
        ({"option_type": "CE", "moneyness": "1_strike"}, ["/moneyness"]),
        ({"option_type": "CE", "delta_target": 1.2}, ["/delta_target"]),
        ({"option_type": "CE", "delta_target": 0}, ["/delta_target"]),
        ({"option_type": "CE", "delta_target": 0.3, "max_delta_gap": 0}, ["/max_delta_gap"]),
    ],
)
def test_every_problem_of_a_selection_is_named(
    document: dict[str, Any], pointers: list[str]
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_selection(document, pointer="/legs/0")
    assert [problem.pointer for problem in refused.value.problems] == [
        f"/legs/0{pointer}" for pointer in pointers
    ]


def test_a_chain_without_prices_has_no_deltas(make_chain: Callable[..., Chain]) -> None:
    chain = make_chain(days=0.0)
    chain.greeks.delta[:] = np.nan
    with pytest.raises(InvalidInput, match="prices are missing"):
        choose(chain, read_selection({"option_type": "CE", "delta_target": 0.3}))
