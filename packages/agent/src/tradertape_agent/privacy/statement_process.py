"""The process that reads a PDF statement: limits itself, reads one file, writes one answer.

Standard input: the length of the task in four bytes, the task, the file. Whatever the file does to
this process: it is ended by its limits, and no connection, program or file is opened from it.
"""

from __future__ import annotations

import io
import json
import signal
import sys
from typing import Any, Final

from tradertape_core.wealth.statements.guard import deny_the_outside
from tradertape_core.wealth.statements.reading import Statement
from tradertape_core.wealth.statements.registrars import registrar_statement

CPU_S: Final = 30
MEMORY: Final = 768 * 1024 * 1024
NOT_OPENED: Final = (
    "the password does not open the PDF: it is usually your PAN in capitals, or the one you chose "
    "when you asked for the statement"
)
UNKNOWN: Final = (
    "this is no account statement that can be read. What can be: PDF statements (CAS) of CAMS and "
    "KFintech, detailed ones"
)
HOLDINGS_ALONE: Final = (
    "a statement of NSDL or CDSL lists holdings, not transactions: there is nothing to send. "
    "Shares come from your tradebooks; for funds, ask CAMS or KFintech for a detailed statement"
)


def limit_process() -> None:
    """Limit time, memory and files of this process, where the system can."""
    try:
        import resource  # noqa: PLC0415 - Windows has none; the parent ends the process in time
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    if sys.platform == "linux":  # macOS counts what is only mapped, and would not start
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(CPU_S + 30)


def answer_to(content: bytes, password: str) -> dict[str, Any]:
    """Read the file. A file that cannot be read is an answer too; no answer has the password."""
    import pypdfium2  # noqa: PLC0415 - of the extra `cas`
    from casparser import read_cas_pdf  # noqa: PLC0415
    from casparser.exceptions import IncorrectPasswordError  # noqa: PLC0415
    from casparser.types import CASData  # noqa: PLC0415

    deny_the_outside()
    try:
        pypdfium2.PdfDocument(content, password=password).close()
        data = read_cas_pdf(io.BytesIO(content), password)
    except IncorrectPasswordError:
        return {"error": NOT_OPENED}
    except pypdfium2.PdfiumError as error:
        return {"error": NOT_OPENED if "password" in str(error).lower() else UNKNOWN}
    except MemoryError:
        return {"error": "the file needs too much memory to read"}
    except Exception:  # noqa: BLE001 - a parser of foreign files fails in any way
        return {"error": UNKNOWN}
    if not isinstance(data, CASData):
        return {"error": HOLDINGS_ALONE}
    return {**_document(registrar_statement(data)), "secrets": _secrets(data)}


def _document(statement: Statement) -> dict[str, Any]:
    return {
        "rows": [
            {
                "registrar": statement.broker, "folio": one.folio, "isin": one.isin,
                "scheme": one.scheme, "date": one.happened_on.isoformat(), "kind": one.kind,
                "units": f"{one.units:f}", "nav": f"{one.nav:f}", "amount": f"{one.amount:f}",
            }
            for one in statement.funds
        ],
        "differences": [
            {"name": one.name, "stated": f"{one.stated:f}", "parsed": f"{one.parsed:f}"}
            for one in statement.checks
            if one.is_off
        ],
        "warnings": list(statement.warnings),
    }  # fmt: skip


def _secrets(data: Any) -> list[str]:
    """Names and numbers of who the statement is for: none of them may be in what leaves."""
    of = data.investor_info
    found = [of.name, of.email, of.mobile]
    for folio in data.folios:
        found += [folio.name, folio.PAN]
    return sorted({one.strip() for one in found if one and one.strip()})


def main() -> None:
    """Read the task and the file, write the answer."""
    limit_process()
    source = sys.stdin.buffer
    task = json.loads(source.read(int.from_bytes(source.read(4), "big")))
    answer = answer_to(source.read(), str(task["password"]))
    sys.stdout.buffer.write(json.dumps(answer).encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
