"""The published client, as it is on PyPI, drives a running server.

It is installed aside, into `.tools/`, and runs in a process of its own: nothing of it is part of
this project. Without a network and without that folder the tests are skipped.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]
WorkerOn = Callable[[str], dict[str, str]]

# On one process of the tests: there they share their servers.
pytestmark = pytest.mark.xdist_group("published client")

# Everything a caller of the package can call: methods of its classes, functions beside them.
LIST = """
import inspect, kite_algo_worker as k
from kite_algo_worker.ws import WorkerWebSocketClient
classes = {"Client": k.KiteAlgoWorkerClient, "Async": k.AsyncKiteAlgoWorkerClient,
           "ManagedRun": k.ManagedRun, "Options": k.OptionWorkerClient,
           "Sockets": WorkerWebSocketClient, "OrderBuilder": k.OrderBuilder}
for name, one in classes.items():
    for method, _ in inspect.getmembers(one, inspect.isfunction):
        if not method.startswith("_"):
            print(f"{name}.{method}")
for name in k.__all__:
    one = getattr(k, name)
    if inspect.isfunction(one) and one.__module__.split(".")[1] in ("helpers", "orders", "options"):
        print(f"Function.{name}")
"""
DRIVER = str(Path(__file__).parent / "drive_published.py")


def test_every_method_of_the_published_client_works(
    published: Path, worker_on: WorkerOn, run: Run
) -> None:
    """KC-07."""
    environment = {**worker_on("0.7.4"), "PYTHONPATH": str(published)}
    called = set(run([sys.executable, DRIVER], environment).split())
    known = set(run([sys.executable, "-c", LIST], environment).split())
    assert len(known) > 130
    assert known - called == set()


@pytest.mark.slow
def test_with_the_documented_bodies_it_refuses_what_its_contract_says(
    published: Path, worker_on: WorkerOn, run: Run
) -> None:
    """Quirks Q2 and Q3; everything else works there too."""
    run([sys.executable, DRIVER], {**worker_on(""), "PYTHONPATH": str(published)})


@pytest.mark.slow
@pytest.mark.parametrize("compat", ["0.7.4", ""])
def test_our_client_passes_the_same_scenarios_whatever_the_bodies(
    worker_on: WorkerOn, run: Run, compat: str
) -> None:
    """KC-07, KF-03."""
    called = run([sys.executable, DRIVER, "--snapshots"], worker_on(compat)).split()
    assert "Client.get_run_health_snapshot" in called


@pytest.mark.parametrize("is_ours", [False, True], ids=["published", "ours"])
def test_the_documented_flow_has_the_documented_bodies(
    published: Path, worker_on: WorkerOn, run: Run, is_ours: bool
) -> None:
    """KR-01, KR-03, KP-02, KB-02, KF-01, KS-01."""
    environment = {**worker_on(""), "PYTHONPATH": "" if is_ours else str(published)}
    run_id = f"run_basic_equity_00{1 + is_ours}"
    run([sys.executable, str(Path(__file__).parent / "drive_seed.py"), run_id], environment)
