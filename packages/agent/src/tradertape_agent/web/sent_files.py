"""Files that were sent, as the record of what left this machine has them.

A file is written down before it leaves. If the agent stops before the answer, nobody knows whether
it arrived: it is sent again as it was, and the cloud counts no row twice.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tradertape_agent import addresses
from tradertape_agent.journal.outgoing import Outgoing

SHOWN: Final = 10
ASKED_AGAIN: Final = "asked again"  # the outcome of a request whose answer a later one got
_STATES: Final = {"": "interrupted", "200": "answered", ASKED_AGAIN: "settled"}
_FIRST_REFUSAL, _FIRST_FAILURE = 400, 500


class SentFiles:
    """The newest files that were sent. Made at the start: what has no answer by then gets none."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._before_start = outgoing.last_number()

    def newest(self) -> list[dict[str, Any]]:
        """Return them, newest first.

        state: sending | answered | settled (by a later request) | refused | interrupted: no answer.
        """
        return [self._view(row) for row in self._outgoing.of_path(addresses.UPLOADS, SHOWN)]

    def interrupted(self, number: int) -> tuple[str, Mapping[str, Any]] | None:
        """Return the path and the document of a file without an answer; None of any other."""
        for row in self._outgoing.of_path(addresses.UPLOADS, SHOWN):
            if row["number"] == number and self._state(row) == "interrupted":
                return str(row["path"]), json.loads(row["body"], parse_float=Decimal)
        return None

    def settle(self, number: int) -> None:
        """A later request has got the answer, also for earlier tries with the same bytes."""
        rows = self._outgoing.of_path(addresses.UPLOADS, SHOWN)
        asked = next((row["body"] for row in rows if row["number"] == number), None)
        for row in rows:
            if row["body"] == asked and self._state(row) == "interrupted":
                self._outgoing.end(row["number"], ASKED_AGAIN)

    def _view(self, row: sqlite3.Row) -> dict[str, Any]:
        document = json.loads(row["body"])
        rows = sum(1 for _ in csv.reader(io.StringIO(str(document.get("content") or "")))) - 1
        return {
            "number": row["number"], "at": row["at"], "name": str(document.get("name") or ""),
            "kind": str(document.get("kind") or ""), "rows": max(rows, 0),
            "state": self._state(row),
        }  # fmt: skip

    def _state(self, row: sqlite3.Row) -> str:
        outcome = str(row["outcome"])
        if not outcome and row["number"] > self._before_start:
            return "sending"
        if outcome.isdecimal() and _FIRST_REFUSAL <= int(outcome) < _FIRST_FAILURE:
            return "refused"
        return _STATES.get(outcome, "interrupted")
