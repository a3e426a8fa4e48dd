"""When two commands under one key are the same: whatever their spelling, and not otherwise (FAULTS
§2)."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.execution.orders.idempotency import request_hash

numbers = st.integers(-(10**12), 10**12) | st.decimals(
    -1_000_000, 1_000_000, places=2, allow_nan=False
).map(float)
leaves = st.none() | st.booleans() | numbers | st.text(max_size=8)
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
bodies = st.dictionaries(st.text(min_size=1, max_size=5), documents, min_size=1, max_size=6)


def respelt(value: Any) -> Any:
    """The same in other words: keys the other way round, numbers with more or fewer digits."""
    if isinstance(value, dict):
        return {key: respelt(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [respelt(one) for one in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return Decimal(f"{Decimal(repr(value)):.4f}")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a document has values that hold no others."""
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found = [place for name, one in inside for place in places(one, (*path, name))]
    return found or [path]


def changed(body: Any, path: tuple[Any, ...], to: Any) -> Any:
    """The same with another value in a place."""
    other = copy.deepcopy(body)
    at = other
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = to
    return other


@settings(max_examples=40)
@given(bodies)
def test_a_wish_in_another_spelling_is_the_same(body: dict[str, Any]) -> None:
    assert request_hash("place_order", respelt(body)) == request_hash("place_order", body)
    read_again = json.loads(json.dumps(body))
    assert request_hash("place_order", read_again) == request_hash("place_order", body)


@settings(max_examples=40)
@given(bodies, st.data())
def test_a_wish_that_differs_anywhere_is_another(body: dict[str, Any], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(places(body)))
    at: Any = body
    for name in path:
        at = at[name]
    to = data.draw(leaves)
    is_same = at == to and isinstance(at, bool) == isinstance(to, bool)
    other = request_hash("place_order", changed(body, path, to))
    assert (other == request_hash("place_order", body)) == is_same
    assert request_hash("place_basket", body) != request_hash("place_order", body)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (0, False), (1, "1"), (None, "null"), ([], {}), ([1, 2], [2, 1]), (1.5, "1.5")],
)
def test_what_only_looks_alike_is_another(one: Any, other: Any) -> None:
    assert request_hash("place_order", {"a": one}) != request_hash("place_order", {"a": other})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_what_is_no_number_has_no_hash(value: Any) -> None:
    with pytest.raises(InvalidInput):
        request_hash("place_order", {"a": [value]})
