"""`changed` is `dataclasses.replace`, faster."""

from __future__ import annotations

import copy
import inspect
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any

import pytest

from tradertape_core.kernel.frozen import changed, members_of, quickly_made
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


@quickly_made
@dataclass(frozen=True, slots=True)
class Three:
    name: str
    kind: str = "x"
    places: list[int] = field(default_factory=list[int], kw_only=True)
    size: int = field(default=3, kw_only=True)

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("no name")


@quickly_made
@dataclass(frozen=True, kw_only=True)
class Four:
    name: str
    size: int = 4


def test_what_is_quickly_made_is_what_it_was() -> None:
    three = Three("a", size=5)
    assert type(three) is Three
    assert (three.name, three.kind, three.places, three.size) == ("a", "x", [], 5)
    assert three == Three("a", "x", places=[], size=5)
    assert Three("a").places is not Three("a").places
    assert replace(three, kind="y") == Three("a", "y", size=5)
    assert copy.deepcopy(three) == three
    assert changed(Four(name="a"), size=5) == Four(name="a", size=5)
    assert list(inspect.signature(Three).parameters) == ["name", "kind", "places", "size"]


class Fourth(Four):
    """One that is made by its parent's `__init__`."""


def test_what_is_made_of_a_child_is_of_the_child() -> None:
    fourth = Fourth(name="a")
    assert (type(fourth), fourth.name) == (Fourth, "a")
    with pytest.raises(FrozenInstanceError):
        fourth.name = "b"  # pyright: ignore[reportAttributeAccessIssue]


def test_what_is_quickly_made_is_frozen_and_checked() -> None:
    with pytest.raises(FrozenInstanceError):
        Three("a").name = "b"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(FrozenInstanceError):
        Four(name="a").name = "b"  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ValueError, match="no name"):
        Three("")
    for wrong in ({}, {"name": "a", "colour": "red"}):
        with pytest.raises(TypeError):
            Four(**wrong)  # pyright: ignore[reportArgumentType]
