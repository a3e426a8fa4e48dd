"""A worker is the same one as long as nobody else holds its file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kite_algo_worker.protocol.worker_identity import WorkerIdentity, state_folder

SERVER = "http://localhost:18777"
HOLD = """
import sys, time
from pathlib import Path
from kite_algo_worker.protocol.worker_identity import WorkerIdentity
held = WorkerIdentity(sys.argv[1], "r-1", Path(sys.argv[2]))
print(held.id, flush=True)
time.sleep(60)
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, SERVER, str(folder)], stdout=subprocess.PIPE, text=True
    )


def test_a_killed_worker_is_the_same_when_it_comes_back(tmp_path: Path) -> None:
    process = hold(tmp_path)
    assert process.stdout is not None
    before = process.stdout.readline().strip()
    meanwhile = WorkerIdentity(SERVER, "r-1", tmp_path)
    assert meanwhile.id is None  # the other one is alive
    process.kill()
    process.wait()
    process.stdout.close()
    after = WorkerIdentity(SERVER, "r-1", tmp_path)
    assert after.id == before != "None"
    after.close()


def test_runs_and_servers_have_identities_of_their_own(tmp_path: Path) -> None:
    found = [
        WorkerIdentity(server, run_id, tmp_path)
        for server, run_id in ((SERVER, "r-1"), (SERVER, "r-2"), ("http://other", "r-1"))
    ]
    assert len({one.id for one in found}) == 3
    for one in found:
        one.close()


def test_what_is_released_leaves_no_file(tmp_path: Path) -> None:
    WorkerIdentity(SERVER, "r-1", tmp_path).close(forget=True)
    assert not list(tmp_path.iterdir())


def test_an_id_fits_a_header_and_the_servers_limit(tmp_path: Path) -> None:
    identity = WorkerIdentity(SERVER, "r-1", tmp_path)
    assert identity.id is not None
    assert 32 < len(identity.id) <= 120
    assert identity.id.isascii()
    identity.close()


def test_without_a_place_for_files_there_is_no_identity(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    assert WorkerIdentity(SERVER, "r-1", blocked / "below").id is None


def test_the_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITE_ALGO_STATE_DIR", str(tmp_path / "here"))
    assert state_folder() == tmp_path / "here"
    monkeypatch.delenv("KITE_ALGO_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "tradertape-worker"
