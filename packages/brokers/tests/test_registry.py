"""The brokers there are."""

from __future__ import annotations

import pytest

from tradertape_brokers import registry


@pytest.mark.parametrize("name", registry.names())
def test_a_broker_is_found_by_its_name(name: str) -> None:
    found = registry.broker(name)
    assert found.name == name
    assert found.title
    assert found.login.proofs
    assert found.capabilities.exchanges
    assert found.capabilities.tag_length >= 20  # what our tags need
    assert found.limiter() is not found.limiter()


def test_an_unknown_broker_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(registry.UnknownBroker, match=r"there are kite, .*groww"):
        registry.broker("nobody")
