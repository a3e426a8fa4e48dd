"""A worker that is killed in the middle goes on where it was, and nothing is ordered twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import kite_algo_worker as kaw

WORKER = str(Path(__file__).parent / "restarting_worker.py")
STEPS = 30
pytestmark = pytest.mark.xdist_group("live server")


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, WORKER], env=environment, stdout=subprocess.PIPE, text=True
    )


def kill_after(lines: int, environment: dict[str, str]) -> list[str]:
    """Start it, read so many lines, and kill it with whatever is on its way."""
    with start(environment) as worker:
        assert worker.stdout is not None
        told = [worker.stdout.readline() for _ in range(lines)]
        os.kill(worker.pid, signal.SIGKILL)
        told += worker.stdout.readlines()
    assert worker.returncode == -signal.SIGKILL
    return told


def test_a_worker_killed_four_times_orders_nothing_twice(worker: dict[str, str]) -> None:
    """KE-03."""
    environment = {
        **worker,
        "RUN_ID": "sdk-restart-001",
        "STEPS": str(STEPS),
        "KITE_ALGO_EXECUTION_MODE": "paper",
    }
    chance = random.Random(7)
    told: list[str] = []
    for _ in range(4):
        told += kill_after(chance.randint(2, 12), environment)
    with start(environment) as last:
        out, _ = last.communicate(timeout=120)
    assert last.returncode == 0, out
    told += out.splitlines()

    by_step: dict[str, set[str]] = {}
    for line in told:
        if line.startswith("step "):
            _, step, order_id = line.split()
            by_step.setdefault(step, set()).add(order_id)
    assert len(by_step) == STEPS
    assert all(len(orders) == 1 for orders in by_step.values())

    client = kaw.KiteAlgoWorkerClient(
        kaw.AlgoWorkerConfig(worker["KITE_ALGO_API_BASE"], worker["KITE_ALGO_WORKER_TOKEN"], 30.0)
    )
    orders = client.get_orders_snapshot("sdk-restart-001").orders
    assert len(orders) == STEPS
    assert client.get_run_pnl_snapshot("sdk-restart-001").legs[0].net_quantity == STEPS
    client.close()
