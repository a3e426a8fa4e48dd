"""The guard of a process that reads a stranger's file: nothing is reached from it."""

from __future__ import annotations

import sys
from typing import Final

_DENIED: Final = (
    "socket.", "urllib.", "ctypes.dlopen", "subprocess.", "shutil.", "os.system",
    "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "os.kill", "os.remove",
    "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
    "os.chown",
)  # fmt: skip


def deny_the_outside() -> None:
    """Refuse every connection, program and change of files in this process from now on.

    Whatever asks for one, a library too, gets PermissionError. Files can still be read: a library
    loads parts of itself when they are needed. It cannot be undone; the process is for one file.
    """

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_DENIED) or (event == "open" and not _only_reads(arguments)):
            raise PermissionError(event)

    sys.addaudithook(refuse)


def _only_reads(arguments: tuple[object, ...]) -> bool:
    """Whether a file is opened to be read. `os.open` names no mode, and is not for readers."""
    mode = arguments[1] if len(arguments) > 1 else None
    return isinstance(mode, str) and mode.startswith("r") and "+" not in mode
