"""One cycle of an agent that ends by SIGKILL at its n-th step: `crashing_agent.py N`.

Steps are the places around everything that is durable or leaves the machine. With N 0 nothing
ends, and the names of the steps are printed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tradertape_agent.cloud import Cloud
from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import load
from tradertape_agent.journal.store import Store
from tradertape_agent.wiring import build
from tradertape_brokers.kite.gtts import KiteGtts
from tradertape_brokers.kite.orders import KiteOrders

passed: list[str] = []


def step(name: str) -> None:
    passed.append(name)
    if len(passed) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)


def around(owner: type, name: str) -> None:
    """Count a step before and after a method."""
    inner: Callable[..., Any] = getattr(owner, name)

    def outer(*arguments: Any, **named: Any) -> Any:
        step(f"before {name}")
        found = inner(*arguments, **named)
        step(f"after {name}")
        return found

    setattr(owner, name, outer)


def around_transactions() -> None:
    """Count a step before and after each that writes."""
    inner = Store.transaction

    @contextmanager
    def outer(self: Store) -> Iterator[None]:
        is_outer = not self._connection.in_transaction
        with inner(self):
            yield
            if is_outer:
                step("before commit")
        if is_outer:
            step("after commit")

    Store.transaction = outer  # type: ignore[method-assign]


if __name__ == "__main__":
    folder = Folder.of_environment(os.environ)
    agent = build(load(folder), folder)
    around_transactions()
    around(KiteGtts, "place")
    around(KiteOrders, "submit")
    around(Cloud, "_send")
    agent.loop.cycle()
    sys.stdout.write("\n".join(passed))
