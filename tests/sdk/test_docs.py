"""The SDK's pages run as they are read: every Python block of a page, as one program."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "sdk"
PYTHON = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
# Streams go on for ever; here each `for` over one ends after a few messages.
SHORT_STREAMS = """
from kite_algo_worker.sync.streaming import EventStream as _Stream

def _short(stream, _next=_Stream.__next__, _seen={}):
    _seen[id(stream)] = _seen.get(id(stream), 0) + 1
    if _seen[id(stream)] > 3:
        stream.close()
        raise StopIteration
    return _next(stream)

_Stream.__next__ = _short
"""


def blocks(page: str) -> list[str]:
    return PYTHON.findall((PAGES / page).read_text(encoding="utf-8"))


@pytest.mark.xdist_group("live server")
@pytest.mark.parametrize("page", ["index.md", "tutorial.md"])
def test_a_page_runs(page: str, worker: dict[str, str]) -> None:
    code = "\n".join([SHORT_STREAMS, *blocks(page)])
    url, token = worker["KITE_ALGO_API_BASE"], worker["KITE_ALGO_WORKER_TOKEN"]
    code = code.replace("http://localhost:18777", url).replace("kwa_...", token)
    code = code.replace("ws://localhost:18777", url.replace("http", "ws", 1))
    done = subprocess.run(
        [sys.executable, "-c", code], env=worker, capture_output=True, text=True, timeout=240,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def test_the_pages_have_code() -> None:
    assert len(blocks("index.md")) > 20
    assert len(blocks("tutorial.md")) >= 8
