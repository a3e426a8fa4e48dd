"""Two distributions have the import name `kite_algo_worker`: they must not lie over each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import kite_algo_worker

SOURCES = Path(kite_algo_worker.__file__).parents[1]


def imported(site: Path, record: str) -> subprocess.CompletedProcess[str]:
    """Import the SDK where the other distribution is installed with these files."""
    info = site / "kite_algo_worker-0.13.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: kite-algo-worker\nVersion: 0.13.0\n"
    )
    (info / "RECORD").write_text(record)
    code = f"import sys; sys.path[:0] = [{str(SOURCES)!r}, {str(site)!r}]; import kite_algo_worker"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_the_import_refuses_the_other_distributions_files(tmp_path: Path) -> None:
    done = imported(tmp_path, "kite_algo_worker/__init__.py,,\nkite_algo_worker/client.py,,\n")
    assert done.returncode == 1
    assert "pip uninstall kite-algo-worker tradertape-worker" in done.stderr


def test_a_trace_of_an_older_checkout_is_no_conflict(tmp_path: Path) -> None:
    """Checkouts had this distribution under the other's name: a path file, none of its files."""
    done = imported(tmp_path, "_kite_algo_worker.pth,,\n")
    assert done.returncode == 0, done.stderr
