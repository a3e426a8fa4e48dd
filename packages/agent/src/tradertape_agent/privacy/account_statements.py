"""A PDF statement of mutual funds (CAS) as it may leave: read by a process of its own, checked, and
rewritten as a table of transactions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from typing import Any, Final

from tradertape_agent.errors import AgentError
from tradertape_agent.privacy.modes import Privacy
from tradertape_agent.privacy.sheets import Cell
from tradertape_agent.privacy.statements import Rewritten, rewritten_table

HEADER: Final = (
    "Registrar", "Folio", "ISIN", "Scheme", "Date", "Transaction", "Units", "NAV", "Amount",
)  # fmt: skip
NO_LIBRARY: Final = (
    "PDF statements need the extra `cas`: run `pip install 'tradertape-agent[cas]'` and start the "
    "agent again"
)
_MODULE: Final = "tradertape_agent.privacy.statement_process"
_WITHIN_S: Final = 60.0
_LONGEST_PASSWORD: Final = 128
_reading = threading.Lock()  # one at a time: each takes hundreds of megabytes


@dataclass(frozen=True, slots=True)
class Difference:
    """A total that the statement prints, and the same of the rows that were read."""

    name: str
    stated: str
    parsed: str


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """A statement with its real figures. secrets: names and numbers of its owner."""

    table: Sequence[Sequence[Cell]]
    differences: Sequence[Difference]
    warnings: Sequence[str]
    secrets: Sequence[str]


def is_pdf(content: bytes) -> bool:
    """Whether a file is one, by its first bytes."""
    return content[:1024].lstrip().startswith(b"%PDF")


def read_pdf(content: bytes, password: str) -> ReadStatement:
    """Read a statement of CAMS or KFintech. The password goes to the process that reads it alone.

    Raises AgentError for what cannot be read.
    """
    if find_spec("casparser") is None:
        raise AgentError(NO_LIBRARY)
    if not _reading.acquire(blocking=False):
        raise AgentError("another statement is being read: try again in a moment")
    try:
        answer = _ask(content, password[:_LONGEST_PASSWORD])
    finally:
        _reading.release()
    if error := answer.get("error"):
        raise AgentError(str(error))
    rows = [_row(one) for one in answer["rows"]]
    if not rows:
        raise AgentError("the statement lists no transactions: ask for a detailed one")
    return ReadStatement(
        table=[HEADER, *rows],
        differences=[Difference(**one) for one in answer["differences"]],
        warnings=answer["warnings"],
        secrets=answer["secrets"],
    )


def rewritten_statement(made: ReadStatement, privacy: Privacy, ids: Iterable[str]) -> Rewritten:
    """Rewrite a statement. Raises AgentError and Withheld as `statements.rewritten`."""
    return rewritten_table("", made.table, privacy, (*ids, *made.secrets))


def _row(one: dict[str, str]) -> tuple[Cell, ...]:
    return (
        one["registrar"], one["folio"], one["isin"], one["scheme"], date.fromisoformat(one["date"]),
        one["kind"], Decimal(one["units"]), Decimal(one["nav"]), Decimal(one["amount"]),
    )  # fmt: skip


def _ask(content: bytes, password: str) -> dict[str, Any]:
    """The answer of a process of its own, which gets file and password by its standard input."""
    task = json.dumps({"password": password}).encode()
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-I", "-m", _MODULE],
            input=len(task).to_bytes(4, "big") + task + content,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(),
            timeout=_WITHIN_S, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise AgentError(f"the file took over {_WITHIN_S:g} seconds to read") from None
    except (subprocess.CalledProcessError, ValueError):
        raise AgentError(
            "the file cannot be read: it is damaged, or needs too much time or memory"
        ) from None


def _environment() -> dict[str, str]:
    """No settings and no secrets; what Windows needs to start a process."""
    kept = ("SYSTEMROOT", "TEMP", "TMP")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    return {"PATH": os.defpath, "LANG": "C.UTF-8", **found}
