"""`changed` is `dataclasses.replace`, faster."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import pytest

from tradertape_core.kernel.frozen import changed, members_of
from tradertape_core.ledger.position import Position, Today
from tradertape_core.orders.order import Order


@dataclass(frozen=True)
class One:
    name: str


@dataclass(frozen=True, kw_only=True)
class Two:
    name: str
    places: tuple[int, ...] = ()


@pytest.mark.parametrize(
    ("value", "members"),
    [
        (One("a"), {"name": "b"}),
        (Two(name="a", places=(1, 2)), {"places": ()}),
        (Two(name="a", places=(1, 2)), {"name": "b"}),
        (Two(name="a"), {}),
    ],
)
def test_it_changes_what_replace_changes(value: One | Two, members: dict[str, object]) -> None:
    assert changed(value, **members) == replace(value, **members)


def test_what_was_changed_stays_as_it_was() -> None:
    before = Two(name="a", places=(1, 2))
    after = changed(before, places=())
    assert before == Two(name="a", places=(1, 2))
    with pytest.raises(FrozenInstanceError):
        after.name = "b"  # pyright: ignore[reportAttributeAccessIssue]


def test_a_member_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        changed(One("a"), colour="red")


@pytest.mark.parametrize("kind", [Order, Position, Today])
def test_what_changes_often_checks_nothing_on_the_way(kind: type[Any]) -> None:
    assert not hasattr(kind, "__slots__")
    assert not hasattr(kind, "__post_init__")


def test_the_members_of_a_class_with_one_are_a_tuple_too() -> None:
    names, read = members_of(One)
    assert (names, read(One("a"))) == (("name",), ("a",))
