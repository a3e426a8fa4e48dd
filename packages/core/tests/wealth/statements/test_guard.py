"""What a process that reads a stranger's file can still do: nothing but read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_BEGIN = """
import io, json, os, shutil, socket, subprocess, sys, urllib.request
from tradertape_core.wealth.statements.guard import deny_the_outside
deny_the_outside()
os.chdir(sys.argv[1])
try:
    {act}
except PermissionError as error:
    print("denied", error)
else:
    print("done")
"""


def outcome_of(act: str, folder: Path) -> str:
    """Do something in a process with the guard, which cannot be removed again."""
    (folder / "kept.txt").write_text("kept")
    command = [sys.executable, "-c", _BEGIN.format(act=act), str(folder)]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert (folder / "kept.txt").read_text() == "kept"
    assert [one.name for one in folder.iterdir()] == ["kept.txt"]
    return found.stdout.split()[0]


@pytest.mark.parametrize(
    "act",
    [
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('example.com', 80)",
        "urllib.request.urlopen('http://127.0.0.1:9/')",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.kill(os.getppid(), 0)",
        "open('new.txt', 'w')",
        "open('kept.txt', 'a')",
        "open('kept.txt', 'r+')",
        "os.open('kept.txt', os.O_RDONLY | os.O_TRUNC)",
        "os.open('new.txt', os.O_RDONLY | os.O_CREAT)",
        "os.truncate('kept.txt', 0)",
        "os.remove('kept.txt')",
        "os.rename('kept.txt', 'moved.txt')",
        "os.mkdir('new')",
        "os.symlink('kept.txt', 'new')",
        "os.link('kept.txt', 'new')",
        "os.chmod('kept.txt', 0)",
        "shutil.copyfile('kept.txt', 'new.txt')",
        pytest.param(
            "os.fork()", marks=pytest.mark.skipif(sys.platform == "win32", reason="POSIX alone")
        ),
    ],
)
def test_what_reaches_out_of_the_process_is_denied(act: str, tmp_path: Path) -> None:
    assert outcome_of(act, tmp_path) == "denied"


@pytest.mark.parametrize(
    "act",
    [
        "assert open('kept.txt').read() == 'kept'",
        "assert io.open_code(os.path.abspath('kept.txt')).read() == b'kept'",
        "os.listdir('.')",
        "__import__('colorsys')",  # a library loads parts of itself late
        "json.dumps(io.BytesIO(b'1').read().decode())",
    ],
)
def test_reading_continues(act: str, tmp_path: Path) -> None:
    assert outcome_of(act, tmp_path) == "done"
