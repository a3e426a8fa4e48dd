"""A fake server with clients of it, and the published package to compare ours with."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kite_algo_worker import AlgoWorkerConfig, KiteAlgoWorkerClient

from .doubles.calls import ANSWERS
from .doubles.fake_server import TOKEN, Answer, Asked, FakeServer
from .doubles.runs import RUN

ROOT = Path(__file__).parents[3]
WHEEL = "kite-algo-worker==0.7.4"
ASIDE = ROOT / ".tools" / "published-worker-0.7.4"
ALIAS = "published_worker"  # it is loaded under this name, so that both fit in one process


@pytest.fixture(scope="session")
def published_folder() -> Path:
    """The folder with the published package, unpacked once, without what it depends on."""
    if not ASIDE.is_dir():
        partial = ASIDE.with_name(f"{ASIDE.name}.{os.getpid()}")
        found = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
        command = [found, "pip", "install", "-q", "--no-deps", "--target", str(partial), WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"the published package could not be installed: {done.stderr.strip()}")
        try:
            partial.rename(ASIDE)
        except OSError:  # another test run was first
            shutil.rmtree(partial)
    return ASIDE


@pytest.fixture(scope="session")
def published_module(published_folder: Path) -> Callable[[str], ModuleType]:
    """Give a module of the published package by its name, such as "indicators"; "" the whole."""
    package = published_folder / "kite_algo_worker"
    if ALIAS not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            ALIAS, package / "__init__.py", submodule_search_locations=[str(package)]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules[ALIAS] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[ALIAS])
    return lambda name: importlib.import_module(f"{ALIAS}.{name}" if name else ALIAS)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    fake = FakeServer()
    yield fake
    fake.close()


@pytest.fixture
def config(server: FakeServer) -> AlgoWorkerConfig:
    return AlgoWorkerConfig(server.url, TOKEN, timeout=5.0, enable_live=False, retry_delay_s=0.5)


@pytest.fixture
def pauses() -> list[float]:
    """How long the client waited, one entry a time; it does not really wait."""
    return []


@pytest.fixture
def client(config: AlgoWorkerConfig, pauses: list[float]) -> Iterator[KiteAlgoWorkerClient]:
    made = KiteAlgoWorkerClient(config)
    made._sleep = pauses.append
    yield made
    made.close()


@pytest.fixture
def routes(server: FakeServer) -> dict[tuple[str, str], Any]:
    """Answers by method and end of the path; any other request gets `{}`."""
    answers: dict[tuple[str, str], Any] = {
        ("GET", "/r-1"): server.answer(RUN),
        ("POST", "/runs"): server.answer(RUN),
        ("POST", "/claim-session"): server.answer({"worker_session_nonce": "n-1"}),
    }

    def route(asked: Asked) -> Answer | None:
        for (method, end), answer in answers.items():
            if asked.method == method and asked.path.endswith(end):
                return answer
        return None

    server.route = route
    return answers


@pytest.fixture
def every_answer(server: FakeServer) -> None:
    """Answer each call with what its model needs; end streams at once."""

    def route(asked: Asked) -> Answer:
        if asked.path.endswith("/stream"):
            return server.events('data: {"a": 1}\n\n', "event: end\ndata: {}\n\n")
        if asked.path.endswith("/gtt/triggers") and asked.method == "GET":
            return server.answer([{"id": 7}])
        for end, body in ANSWERS.items():
            if asked.path.endswith(end):
                return server.answer(body)
        return server.answer()

    server.route = route


@pytest.fixture
def known(server: FakeServer, client: KiteAlgoWorkerClient) -> KiteAlgoWorkerClient:
    """A client that knows the run r-1."""
    server.answer_with(server.answer(RUN))
    client.get_run("r-1")
    server.asked.clear()
    return client
