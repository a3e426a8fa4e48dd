"""What fault plans at a broker share: orders placed for several people, compared with its book."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from sandbox_server import Person, Place, order, orders_of

from kite_algo_worker import KiteAlgoWorkerClient, KiteAlgoWorkerError

SHARE = int(os.environ.get("TRADERTAPE_FAULT_SHARE", "4"))  # a quarter; 1: all
PACE_S = 0.5  # within what Kite lets an account place in a minute
OVER = ("COMPLETE", "REJECTED", "CANCELLED")
Json = dict[str, Any]
refusals = Counter[str]()  # why orders were not answered, for whoever reads a failure


def p99(values: Sequence[float]) -> float:
    """The 99th percentile."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def place_many(person: Person, count: int, pace_s: float) -> None:
    """Place orders at an even pace, each key repeated until it is answered."""
    client, run = person.client, f"run-{person.number}"
    for number in range(count):
        began = time.monotonic()
        while not placed(client, run, f"key-{number:08d}"):
            time.sleep(0.2)
        time.sleep(max(0.0, pace_s - (time.monotonic() - began)))


def placed(client: KiteAlgoWorkerClient, run: str, key: str, **changes: Any) -> Json | None:
    """The answer to an order; None where it is to be repeated under its key."""
    try:
        return client.place_order(run, {**order(), **changes}, idempotency_key=key)
    except (KiteAlgoWorkerError, OSError) as error:
        refusals[str(error)[:200]] += 1
        return None


def all_of(persons: Sequence[Person], work: Callable[[Person], object]) -> None:
    """Do something for everybody at the same time."""
    with ThreadPoolExecutor(len(persons)) as pool:
        list(pool.map(work, persons))


def settled(person: Person, count: int) -> bool:
    """Whether a person has so many orders, and all of them have ended."""
    found = orders_of(person.client, f"run-{person.number}")
    return len([one for one in found if one["status"] in OVER]) == len(found) == count


def compare(persons: Sequence[Person]) -> Counter[str]:
    """Our orders beside the broker's true book: equal, each once."""
    counts = Counter[str]()
    for one in persons:
        ours = orders_of(one.client, f"run-{one.number}")
        tags = Counter(row["tag"] for row in one.book())
        counts["at the broker"] += sum(tags.values())
        counts["ours"] += len(ours)
        counts["doubled"] += sum(count - 1 for count in tags.values())
        sent = {row["tag"] for row in ours if row["status"] != "REJECTED"}
        counts["lost"] += len(sent - set(tags)) + len(set(tags) - {row["tag"] for row in ours})
    return counts


def rejected(persons: Sequence[Person]) -> list[str]:
    """Why orders of ours were rejected, each with its tag."""
    return [
        f"{one['tag']}: {one['status_message']}"
        for who in persons
        for one in orders_of(who.client, f"run-{who.number}")
        if one["status"] == "REJECTED"
    ]


def signed(row: Json, person: Person) -> Json:
    """A state of an order as Kite posts it."""
    text = f"{row['order_id']}{row['order_timestamp']}{person.secret}"
    proof = hashlib.sha256(text.encode()).hexdigest()
    return {**row, "user_id": person.account, "checksum": proof}


def post(http: httpx.Client, place: Place, row: Json) -> int:
    """Post a state to the server as Kite does; the status of the reply."""
    return http.post(f"{place.server.url}/api/brokers/kite/postback", json=row).status_code


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most moments, in order, that lie within so many seconds."""
    first, most = 0, 0
    for last, moment in enumerate(times):
        while moment - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most
