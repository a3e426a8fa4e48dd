"""The summary fields that a worker defines for its run: their grammar and present values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.ledger.pnl import Amounts
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.views import totals_of

Json = dict[str, Any]
FORMATS = ("inr", "pct", "int", "number", "text", "time")
_TEXTS = ("label", "tone")
_MOST_CHARACTERS = 80
_LONGEST_PATH = 200
_PNL = "pnl.totals"
ROOTS = ("runtime_state", "heartbeat.metrics", _PNL)
_TOTALS = tuple(totals_of(Amounts()))


def check_summary_fields(fields: Sequence[Mapping[str, Any]]) -> None:
    """Raise InvalidDocument when a field breaks the grammar."""
    problems: list[Problem] = []
    for index, field in enumerate(fields):
        at = f"/summary_fields/{index}"
        problems += key_problems(field, at)
        if field.get("format") not in (None, *FORMATS):
            problems.append(Problem(f"{at}/format", f"must be one of {', '.join(FORMATS)}"))
        problems += text_problems(field, _TEXTS, at)
        if field.get("path") is not None and (why := _path_refusal(field["path"])):
            problems.append(Problem(f"{at}/path", why))
    if problems:
        raise InvalidDocument(problems)


def key_problems(entry: Mapping[str, Any], at: str) -> list[Problem]:
    """Problems of the key of a field or a control."""
    key = entry.get("key")
    if isinstance(key, str) and key.strip() and len(key) <= _MOST_CHARACTERS:
        return []
    return [Problem(f"{at}/key", f"must be a text of 1 to {_MOST_CHARACTERS} characters")]


def text_problems(entry: Mapping[str, Any], names: Sequence[str], at: str) -> list[Problem]:
    """Problems of the texts that a person reads of a field or a control."""
    return [
        Problem(f"{at}/{name}", f"must be a text of at most {_MOST_CHARACTERS} characters")
        for name in names
        if not _is_text(entry.get(name))
    ]


def shown_fields(run: WorkerRun, totals: Amounts) -> list[Json]:
    """A run's fields; one with a path has the value at that path now."""
    known: Json = {
        "runtime_state": run.runtime_state,
        "heartbeat": run.heartbeat or {},
        "pnl": {"totals": totals_of(totals)},
    }
    return [
        {**field, "value": _at(known, field["path"])} if field.get("path") else field
        for field in run.summary_fields
    ]


def _is_text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= _MOST_CHARACTERS)


def _path_refusal(path: Any) -> str:
    if not isinstance(path, str) or len(path) > _LONGEST_PATH:
        return f"must be a text of at most {_LONGEST_PATH} characters"
    root = next((one for one in ROOTS if path.startswith(f"{one}.")), None)
    if root is None:
        return f"must begin with {', '.join(f'{one}.' for one in ROOTS)}"
    name = path.removeprefix(f"{_PNL}.")
    if root == _PNL and name not in _TOTALS:
        return f"there is no total {name}; there are {', '.join(_TOTALS)}"
    return ""


def _at(known: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for name in path.split("."):
        if not isinstance(known, Mapping) or name not in known:
            return None
        known = known[name]
    return known
