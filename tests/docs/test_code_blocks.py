"""Documentation that cannot rot: every code block of README.md and docs/ is executed.

Python blocks of a page share one namespace and run in order; shell blocks run in `bash -eu`; JSON
blocks must parse. The address, the session token and the user's e-mail stand for those of a real
server. A block that cannot run here says so: `<!-- shown, not run: why -->` on the line before.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^(?P=indent)```", re.M | re.S
)
NOT_RUN = re.compile(r"<!-- shown, not run: .+ -->\s*$")
ADDRESS = "http://localhost:18777"


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


def _runnable(page: Path) -> bool:
    return any(block.language in {"python", "bash"} for block in _blocks(page))


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in _pages() if _runnable(p)], ids=lambda page: page.name)
def test_python_and_shell_blocks_run(page: Path, live_server, tmp_path: Path) -> None:
    def localised(code: str) -> str:
        return code.replace(ADDRESS, live_server.url).replace(
            "your-session-token", live_server.session_token
        )

    namespace: dict[str, object] = {"__name__": "__docs__"}
    for block in _blocks(page):
        where = f"{page.name}:{block.line}"
        if block.language == "python":
            exec(compile(localised(block.code), where, "exec"), namespace)  # noqa: S102
        elif block.language == "bash":
            done = subprocess.run(
                ["bash", "-eu", "-c", localised(block.code)],
                cwd=tmp_path,
                env=live_server.environment,
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert done.returncode == 0, f"{where}\n{done.stdout}\n{done.stderr}"
