"""What changes something is counted as Kite counts it: readings leave no request of it refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from packages.brokers.tests.kite.test_account import Watch
from packages.brokers.tests.kite.test_orders import order_of
from packages.brokers.tests.kite.test_session import KITE, signed_in
from packages.brokers.tests.sandboxed import served_sandbox

from tradertape_brokers.errors import RateLimited, Refused
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.port import Connection


def cancel(kite: Connection) -> None:
    kite.orders.cancel(order_of(), 1)


def delete(kite: Connection) -> None:
    assert kite.gtts is not None
    kite.gtts.cancel("7")


@pytest.mark.parametrize("change", [cancel, delete])
def test_a_cancellation_after_readings_waits_for_its_turn(
    change: Callable[[Connection], None],
) -> None:
    with served_sandbox() as running:
        hosts = Hosts.sandbox(f"http://127.0.0.1:{running.port}")
        session = signed_in(hosts)
        kite = KITE.connect(session, hosts, KITE.limiter(), Watch())
        for _ in range(10):
            kite.portfolio.profile()
        with pytest.raises(Refused) as refused:  # there is no such order
            change(kite)
        assert not isinstance(refused.value, RateLimited)
