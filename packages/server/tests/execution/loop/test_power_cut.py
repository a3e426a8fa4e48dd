"""What was answered is on the disk, and not only on its way there (FAULTS §1, power cut): when an
answer leaves, every page that was written to the database's log before has been synced."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import crashing
import pytest

from tradertape_server.features.auth.models import User
from tradertape_server.platform.database.engine import Database

ORDERS = 10
PLACE = """
import os, sys
from datetime import datetime

import crashing
from tradertape_server.features.execution.service import RunRef

url, account, orders = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
clock = crashing.RunningClock(datetime.fromisoformat(sys.argv[4]))
market = crashing.priced_market(clock)
service = crashing.a_server(url, clock, market)
for number in range(orders):
    market.trade("NSE:INFY", "1500.00")
    market.trade("NSE:TCS", "3000.00")
    run = RunRef(account_id=account, run_id="run-1")
    service.place(run, crashing.wish_of(number), key=crashing.key_of(number))
    os.write(1, b"answered %d" % number)
service.trader.stop()
"""
TRACED = "trace=pwrite64,pwritev,pwritev2,write,fsync,fdatasync,sync_file_range"
CALL = re.compile(r"(?P<thread>\d+) +(?P<name>\w+)\(\d+<(?P<file>[^>]*)>(?P<rest>.*)")
SYNCED = re.compile(r"(?P<thread>\d+) +<\.\.\. f(data)?sync resumed>")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_answered_was_synced(database: Database, database_url: str, tmp_path: Path) -> None:
    clock = crashing.RunningClock()
    with database.write() as session:
        user = User(email="trader@example.com", created_at=clock.now())
        session.add(user)
        session.flush()
        user_id = user.id
    service = crashing.a_server(database_url, clock, crashing.priced_market(clock))
    account = service.account(user_id, "kite:paper-a").id
    service.trader.stop()
    log = tmp_path / "calls"
    command = ["strace", "-f", "-y", "--seccomp-bpf", "-s", "40", "-e", TRACED, "-o", str(log)]
    script = [sys.executable, "-c", PLACE, database_url, str(account), str(ORDERS)]
    script.append(clock.now().isoformat())
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([*command, *script], env=environment, capture_output=True, text=True)
    if "ptrace" in done.stderr or "seccomp" in done.stderr:
        pytest.skip(f"nothing may be traced here: {done.stderr[:200]}")
    assert done.returncode == 0, done.stderr
    answers, writes = story(log.read_text().splitlines())
    assert answers == ORDERS
    assert writes > 2 * ORDERS


def story(lines: list[str]) -> tuple[int, int]:
    """How many answers and writes to the log there were; fails where an answer was too early."""
    answers = writes = 0
    unsynced: list[str] = []
    syncing: set[str] = set()
    for line in lines:
        call, end = CALL.match(line), SYNCED.match(line)
        if end is not None and end["thread"] in syncing:
            syncing.remove(end["thread"])
            unsynced.clear()
        elif call is not None and call["file"].endswith("-wal"):
            if "sync" not in call["name"]:
                unsynced.append(line)
                writes += 1
            elif "unfinished" in call["rest"]:
                syncing.add(call["thread"])
            else:
                unsynced.clear()
        elif call is not None and '"answered ' in call["rest"]:
            answers += 1
            assert not unsynced, f"answer {answers} left before these were on disk: {unsynced}"
    return answers, writes
