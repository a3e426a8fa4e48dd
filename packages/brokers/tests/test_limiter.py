"""The limiter of an account: never over a window, exits first, nobody waits in vain."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_brokers.errors import RateLimited
from tradertape_brokers.limiter import TRANSIT_S, Kind, Limiter, Urgency, Window


class Now:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@given(
    st.lists(st.tuples(st.floats(0, 3), st.sampled_from(list(Urgency))), min_size=1, max_size=150)
)
def test_no_window_is_ever_exceeded(steps: list[tuple[float, Urgency]]) -> None:
    """However requests arrive, and whoever they are of."""
    windows = (Window(3, 1.0), Window(10, 20.0, kept_for_exits=2))
    now = Now()
    limiter = Limiter({Kind.ORDERS: windows}, now)
    left: list[tuple[float, Urgency]] = []
    for pause, urgency in steps:
        now.s += pause
        with contextlib.suppress(RateLimited):
            limiter.acquire(Kind.ORDERS, urgency, 0.0)
            left.append((now.s, urgency))
    for window in windows:
        for at, urgency in left:
            within = [one for one, _ in left if at - window.seconds < one <= at]
            assert len(within) <= window.requests
            if urgency is not Urgency.EXIT:
                before = [one for one, _ in left if at - window.seconds < one < at]
                assert len(before) < window.most(urgency)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, TRANSIT_S)), min_size=1, max_size=150),
)
def test_no_window_is_exceeded_where_requests_arrive(steps: list[tuple[float, float]]) -> None:
    """Some are slower on their way than others: the broker counts them when they are there."""
    window, now = Window(3, 1.0), Now()
    limiter = Limiter({Kind.ORDERS: (window,)}, now)
    arrived: list[float] = []
    for pause, transit in steps:
        now.s += pause
        with contextlib.suppress(RateLimited):
            limiter.acquire(Kind.ORDERS, Urgency.EXIT, 0.0)
            arrived.append(now.s + transit)
    for at in arrived:
        # A rounding error of the clock is no request too many.
        within = [one for one in arrived if at - window.seconds + 1e-9 < one <= at]
        assert len(within) <= window.requests


def test_exits_go_before_entries_that_waited_longer() -> None:
    """Forty entries wait for their turn; exits that come later leave next."""
    limiter = Limiter({Kind.ORDERS: (Window(10, 0.2),)}, transit_s=0.0)
    left: list[str] = []
    noting = threading.Lock()

    def send(name: str, urgency: Urgency) -> None:
        limiter.acquire(Kind.ORDERS, urgency, 30.0)
        with noting:
            left.append(name)

    threads = [threading.Thread(target=send, args=("entry", Urgency.ENTRY)) for _ in range(40)]
    for thread in threads:
        thread.start()
    while len(left) < 10:
        time.sleep(0.001)
    exits = [threading.Thread(target=send, args=("exit", Urgency.EXIT)) for _ in range(3)]
    for thread in exits:
        thread.start()
    for thread in (*threads, *exits):
        thread.join(30)
    assert len(left) == 43
    assert max(place for place, name in enumerate(left) if name == "exit") < 25


def test_what_is_kept_for_exits_is_theirs() -> None:
    now = Now()
    limiter = Limiter({Kind.ORDERS: (Window(5, 60.0, kept_for_exits=2),)}, now)
    for _ in range(3):
        limiter.acquire(Kind.ORDERS, Urgency.ENTRY, 0.0)
    with pytest.raises(RateLimited):
        limiter.acquire(Kind.ORDERS, Urgency.ENTRY, 0.0)
    for _ in range(2):
        limiter.acquire(Kind.ORDERS, Urgency.EXIT, 0.0)
    with pytest.raises(RateLimited):
        limiter.acquire(Kind.ORDERS, Urgency.EXIT, 0.0)


def test_a_waiting_entry_does_not_stop_an_exit() -> None:
    """An entry that may not leave, as what is left is kept for exits, holds up no exit."""
    limiter = Limiter({Kind.ORDERS: (Window(2, 60.0, kept_for_exits=1),)})
    limiter.acquire(Kind.ORDERS, Urgency.ENTRY, 0.0)
    refused = threading.Event()

    def wait_in_vain() -> None:
        try:
            limiter.acquire(Kind.ORDERS, Urgency.ENTRY, 0.5)
        except RateLimited:
            refused.set()

    waiting = threading.Thread(target=wait_in_vain)
    waiting.start()
    assert limiter.acquire(Kind.ORDERS, Urgency.EXIT, 0.3) < 0.3
    waiting.join(5)
    assert refused.is_set()


def test_a_pause_holds_everybody_of_its_kind_and_nobody_else() -> None:
    now = Now()
    limiter = Limiter({Kind.ORDERS: (Window(9, 1.0),), Kind.QUOTES: (Window(1, 1.0),)}, now)
    limiter.pause(Kind.ORDERS, 4.0)
    with pytest.raises(RateLimited) as refusal:
        limiter.acquire(Kind.ORDERS, Urgency.EXIT, 3.0)
    assert refusal.value.retry_after_s == pytest.approx(4.0)
    assert limiter.acquire(Kind.QUOTES, Urgency.DATA, 0.0) == 0.0
    now.s = 4.0
    assert limiter.acquire(Kind.ORDERS, Urgency.EXIT, 0.0) == 0.0


def test_a_kind_without_windows_is_not_limited() -> None:
    limiter = Limiter({})
    assert [limiter.acquire(Kind.OTHER, Urgency.DATA, 0.0) for _ in range(99)] == [0.0] * 99
