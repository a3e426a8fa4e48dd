"""`changed` is `dataclasses.replace`, faster."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tradertape_core.kernel.frozen import changed, members_of


@dataclass(frozen=True, slots=True)
class One:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    name: str
    places: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a name, please")


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


def test_what_a_class_refuses_it_refuses() -> None:
    with pytest.raises(ValueError, match="a name"):
        changed(Two(name="a"), name="")
    with pytest.raises(TypeError, match="colour"):
        changed(One("a"), colour="red")


def test_the_members_of_a_class_with_one_are_a_tuple_too() -> None:
    names, read = members_of(One)
    assert (names, read(One("a"))) == (("name",), ("a",))
