"""Documentation that cannot rot: every code block of README.md and docs/ is executed.

Shell blocks run in `bash -eu`, each on its own; the Python blocks of a page run as one program;
JSON blocks must parse. The address, the session token and the password stand for those of a real
server. A block that cannot run here says so: `<!-- shown, not run: why -->` on the line before.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^(?P=indent)```", re.M | re.S
)
NOT_RUN = re.compile(r"<!-- shown, not run: .+ -->\s*$")
ADDRESS = "http://localhost:18777"
SANDBOX = "http://127.0.0.1:18900"
SHELLS = ("bash", "sh")


@dataclass(frozen=True)
class Block:
    language: str
    code: str
    line: int


def _blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        if NOT_RUN.search(text[: match.start()]):
            continue
        indent = len(match["indent"])
        code = "\n".join(line[indent:] for line in match["code"].splitlines())
        found.append(Block(match["language"], code, text[: match.start()].count("\n") + 1))
    return found


def _pages() -> list[Path]:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    return sorted(page for page in pages if _blocks(page))


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.name)
def test_json_blocks_parse(page: Path) -> None:
    for block in _blocks(page):
        if block.language == "json":
            try:
                json.loads(block.code)
            except json.JSONDecodeError as error:
                pytest.fail(f"{page.name}:{block.line}: {error}")


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    """The address of a sandbox that serves while this module's tests run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "tradertape"
    command = [program, "sandbox", "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as serving:
        try:
            _wait_until_open(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            serving.terminate()


def _wait_until_open(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the sandbox did not start within 60 seconds"
            time.sleep(0.1)


def _runnable(page: Path) -> bool:
    return any(block.language in {"python", *SHELLS} for block in _blocks(page))


def _run(command: list[str], where: str, folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{where}\n{done.stdout}\n{done.stderr}"


@pytest.mark.xdist_group("live server")
@pytest.mark.parametrize("page", [p for p in _pages() if _runnable(p)], ids=lambda page: page.name)
def test_python_and_shell_blocks_run(
    page: Path, live_server, sandbox_url: str, tmp_path: Path
) -> None:
    stand_ins = {
        ADDRESS: live_server.url,
        SANDBOX: sandbox_url,
        "your-session-token": live_server.session_token,
        "your-password": live_server.password,
    }

    def localised(code: str) -> str:
        for shown, real in stand_ins.items():
            code = code.replace(shown, real)
        return code

    blocks = _blocks(page)
    for block in blocks:
        if block.language in SHELLS:
            command = ["bash", "-eu", "-c", localised(block.code)]
            _run(command, f"{page.name}:{block.line}", tmp_path, live_server.environment)
    program = "\n".join(block.code for block in blocks if block.language == "python")
    command = [sys.executable, "-c", localised(program)]
    _run(command, f"the Python of {page.name}", tmp_path, live_server.environment)
