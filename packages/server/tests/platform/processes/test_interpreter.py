"""What is done to the interpreter changes how fast it is, and nothing else."""

from __future__ import annotations

import subprocess
import sys

LOOK = """
import gc, pickle
from enum import Enum, Flag, IntEnum, StrEnum
from tradertape_core.orders.order import OrderStatus
from tradertape_server.platform.processes.interpreter import tune_for_serving

class Named(Enum):
    name = "a name"
    value = "a value"
    other = "another"

class Both(Flag):
    ONE = 1
    TWO = 2

def told():
    found = [[one, one.name, one.value] for one in (*Named, *OrderStatus, *Both)]
    found += [Named.name, Named.value, Named.other.name, OrderStatus.OPEN, OrderStatus["OPEN"]]
    found += [OrderStatus("OPEN"), pickle.loads(pickle.dumps(OrderStatus.OPEN))]
    found += [Both.ONE | Both.TWO]
    for asked in ("NONE", "__none__", "_none"):
        try:
            getattr(OrderStatus, asked)
        except AttributeError:
            found.append(asked)
    class Later(IntEnum):
        FIRST = 1
    return repr(found), [repr(Later.FIRST), Later.FIRST.name]

before = told()
tune_for_serving()
tune_for_serving()
assert told() == before
assert gc.get_freeze_count() > 10_000
assert gc.get_threshold()[0] == 50_000
print("same")
"""


def test_enums_are_what_they_were() -> None:
    said = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=60, check=False
    )
    assert said.stdout.strip() == "same", said.stderr
