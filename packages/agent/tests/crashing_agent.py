"""Cycles of an agent, each in a process of its own that ends by SIGKILL at its n-th step.

Each line of the input is a number: a child is forked, works one cycle and is killed at that step.
With 0 it is not, and the names of the steps are written. Steps are the places around everything
that is durable or leaves the machine. A fork costs a tenth of a start, and less where the parent
has loaded what every agent loads.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tradertape_agent.cloud import Cloud
from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import load
from tradertape_agent.journal.store import Store
from tradertape_agent.wiring import build
from tradertape_brokers import registry
from tradertape_brokers.kite.gtts import KiteGtts
from tradertape_brokers.kite.orders import KiteOrders
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.tls import tls

passed: list[str] = []
last = 0  # the step at which the process ends


def step(name: str) -> None:
    passed.append(name)
    if len(passed) == last:
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


def instrument() -> None:
    """Count the steps from now on."""
    around_transactions()
    around(KiteGtts, "place")
    around(KiteOrders, "submit")
    around(Cloud, "_send")


def load_all() -> None:
    """Load in the parent what a child would load; what it opens is the child's own."""
    registry.broker("kite")
    with httpx.Client(verify=tls()):
        pass


def work(writing: int) -> None:
    """One cycle, in a child."""
    folder = Folder.of_environment(os.environ)
    agent = build(load(folder), folder)
    instrument()
    agent.loop.cycle()
    os.write(writing, json.dumps(passed).encode())


def in_child() -> tuple[int, str]:
    """Fork, work, and return how the child ended and what it wrote."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            work(writing)
        except BaseException as error:  # noqa: BLE001 - the parent says what it was
            os.write(writing, json.dumps([repr(error)]).encode())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), text


if __name__ == "__main__":
    Limiter.acquire = lambda *_: 0.0  # type: ignore[method-assign] - the sandbox has no limits here
    load_all()
    for line in sys.stdin:
        last = int(line)
        code, text = in_child()
        sys.stdout.write(json.dumps([code, json.loads(text or "[]")]) + "\n")
        sys.stdout.flush()
