"""A small disk that is filled while orders come in: what closes positions goes on from the reserve,
the rest as soon as there is room (FAULTS §1)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tradertape_server.features.execution.errors import TradingPaused
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.execution.store.models import IntentRow, OrderRow
from tradertape_server.platform.database.disk_errors import FULL, disk_error_of
from tradertape_server.platform.database.engine import Database

MB = 1 << 20
RESERVE = 3 * MB


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "volume"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def database(volume: Path, sqlite_template: Path) -> Iterator[Database]:
    file = volume / "tradertape.db"
    shutil.copy(sqlite_template, file)
    database = Database(f"sqlite:///{file}", reserve_bytes=RESERVE)
    database.reserve.start()
    yield database
    database.reserve.stop()
    database.close()


def fill(folder: Path) -> Path:
    """Take all the room there is."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as out:
        for size in (MB, 4096):
            try:
                while out.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    assert shutil.disk_usage(folder).free < 4096
    return filler


def place_until_refused(
    execution: Any, run: RunRef, order: Callable[..., Any]
) -> tuple[int, TradingPaused]:
    """How many orders were placed, and the refusal that ended it."""
    for number in range(500):
        try:
            execution.place(run, order(quantity=1), key=f"key-{number:05d}")
        except TradingPaused as refusal:
            return number, refusal
    pytest.fail("the disk was never full")


def test_exits_go_on_while_entries_wait_for_room(
    execution: Any, database: Database, volume: Path, run: RunRef, account: int, user_id: int,
    order: Callable[..., Any], clock: Any,
) -> None:  # fmt: skip
    other = RunRef(account_id=account, run_id="run-2")
    execution.place(run, order(), key="key-entry")
    resting = order(order_type="LIMIT", price=1490)
    rests = execution.place(run, resting, key="key-rests").document["order_id"]

    filler = fill(volume)
    placed, refusal = place_until_refused(execution, other, order)
    assert (refusal.code, refusal.headers["Retry-After"]) == ("database_full", "1")
    assert "reserved for exits" in refusal.detail
    with database.read() as session:
        keys = len(session.scalars(select(IntentRow)).all())
        assert len(session.scalars(select(OrderRow)).all()) == keys == placed + 2
    with pytest.raises(OperationalError) as full, database.write():
        pass
    assert disk_error_of(full.value) is FULL

    assert execution.cancel("run-1", rests).status == "CANCELLED"
    halt = Halt(user_id=user_id, reason="full", by="me", since=clock.now())
    for switch in (halt, None):
        execution.trader.execute(Command(lambda uow, to=switch: uow.switch(user_id, to)))
    sell = order(transaction_type="SELL", quantity=4)
    assert execution.place(run, sell, key="key-close").document["status"] == "COMPLETE"
    for one in (run, other):
        assert execution.exit_run(one, key=f"exit-{one.run_id}").status_code == 200
    assert execution.positions(account_id=account, open_only=True) == []

    third = RunRef(account_id=account, run_id="run-3")
    with pytest.raises(TradingPaused, match="reserved for exits"):
        execution.place(third, order(), key="key-after")
    filler.unlink()
    database.reserve.check()
    assert execution.place(third, order(), key="key-after").document["status"] == "COMPLETE"
    assert (volume / "tradertape.db.reserve").stat().st_blocks * 512 >= RESERVE
