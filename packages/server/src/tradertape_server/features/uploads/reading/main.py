"""The reading process: limits itself, reads one file from standard input, writes one answer.

Standard input: the length of the task in four bytes, the task, the file. What the file does to
this process is no matter of the server: it is ended by its limits, and the file is refused.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import ModuleType

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.wealth.statements.guard import deny_the_outside
from tradertape_core.wealth.statements.layouts import FUND_ROWS, Kind
from tradertape_core.wealth.statements.reading import UnknownLayout, read_statement
from tradertape_server.features.uploads.reading.spreadsheets import sheets_of
from tradertape_server.features.uploads.reading.wire import Answer, Task, decode_task, frames_of

resource: ModuleType | None
try:
    import resource
except ImportError:  # Windows has no such limits; the parent still ends the process in time
    resource = None

CPU_S = 20
MEMORY = 512 * 1024 * 1024
_NICE = 10  # whoever asks the server for a page comes first


def limit_process() -> None:
    """Limit time, memory and files of this process; nothing can raise them again."""
    if resource is None:
        return
    for kind, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    os.nice(_NICE)
    signal.alarm(CPU_S + 30)  # it ends even if the server that started it is gone


def answer_to(task: Task, content: bytes) -> Answer:
    """Read the file. A file that cannot be read is an answer too."""
    try:
        if Kind.FUNDS in task.kinds and not task.is_table:
            # It loads a PDF library, which a spreadsheet does without.
            from tradertape_server.features.uploads.reading.account_statements import (  # noqa: PLC0415
                read_account_statement,
            )

            deny_the_outside()
            statement, holdings = read_account_statement(content, task.password)
            return Answer(statement=statement, holdings=holdings)
        deny_the_outside()
        statement = read_statement(
            sheets_of(content),
            file_name=task.name,
            own=[FUND_ROWS] if task.is_table else task.own,
            kinds=frozenset(task.kinds),
            account=task.account,
        )
        return Answer(statement=statement)
    except UnknownLayout as error:
        return Answer(error=error.message, code="unknown_layout", columns=[*error.columns])
    except InvalidInput as error:
        return Answer(error=error.message, code="unreadable_file")
    except MemoryError:
        return Answer(error="The file needs too much memory to read.", code="file_too_complex")


def main() -> None:
    """Read the task and the file, write the answer."""
    limit_process()
    gc.disable()  # it lives for one file
    source = sys.stdin.buffer
    task = decode_task(source.read(int.from_bytes(source.read(4))))
    for frame in frames_of(answer_to(task, source.read())):
        sys.stdout.buffer.write(frame)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
