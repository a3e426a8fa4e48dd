"""Statements of brokers: rewritten here, shown as they would leave this machine, and sent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from tradertape_agent import addresses
from tradertape_agent.agent import Agent
from tradertape_agent.cloud import CloudDeclined, CloudSilent
from tradertape_agent.errors import AgentError
from tradertape_agent.privacy.account_statements import (
    Difference,
    is_pdf,
    read_pdf,
    rewritten_statement,
)
from tradertape_agent.privacy.statements import Rewritten, rewritten
from tradertape_agent.web.guards import refused
from tradertape_agent.web.sent_files import SentFiles

UPLOADS: Final = "/api/uploads/"
LARGEST_FILE: Final = 10_000_000
LARGEST_REQUEST: Final = LARGEST_FILE * 4 // 3 + 10_000  # a file as base64 in a document
_SHOWN: Final = 8
# The cloud reads a file for up to 20 seconds, and others may be before it.
_ANSWER_S: Final = 90.0
_NO_ANSWER: Final = 422  # from here on nothing was answered by the cloud


def uploads(agent: Agent) -> Blueprint:
    """The routes of uploads."""
    files = SentFiles(agent.journal.outgoing)
    routes = Blueprint("uploads", __name__, url_prefix=UPLOADS.rstrip("/"))

    @routes.post("/preview")
    def preview() -> Response:
        read = _read(agent)
        return read if isinstance(read, Response) else jsonify(_view(read))

    @routes.post("/send")
    def send() -> Response:
        read = _read(agent)
        if isinstance(read, Response):
            return read
        accepts = (request.get_json(silent=True) or {}).get("accept_difference") is True
        if read.differences and not accepts:
            return jsonify(_held(read))
        path = f"{addresses.UPLOADS}?accept_difference=true" if accepts else addresses.UPLOADS
        return _send(agent, path, read.made.document())

    @routes.get("/sent")
    def sent() -> Response:
        return jsonify(files.newest())

    @routes.post("/sent/<int:number>/ask")
    def ask(number: int) -> Response:
        found = files.interrupted(number)
        if found is None:
            return refused(404, "there is no such file without an answer")
        answer = _send(agent, *found)
        if answer.status_code < _NO_ANSWER:
            files.settle(number)
        return answer

    return routes


def _send(agent: Agent, path: str, document: Mapping[str, Any]) -> Response:
    """Send a file, and say what the cloud made of it."""
    try:
        answer = agent.cloud.post(path, document, within_s=_ANSWER_S)
    except CloudDeclined as error:
        return refused(409, error.detail)
    except CloudSilent as error:
        return refused(503, f"{error}. Send it again: what arrived is not counted twice")
    except AgentError as error:
        return refused(422, str(error))
    return jsonify(_outcome(answer.body))


@dataclass(frozen=True, slots=True)
class _Read:
    """A file as it may leave. differences, warnings: of a statement whose totals were checked."""

    made: Rewritten
    differences: Sequence[Difference] = ()
    warnings: Sequence[str] = ()


def _read(agent: Agent) -> _Read | Response:
    """The file of the request as it may leave, or why it may not."""
    body: Any = request.get_json(silent=True)
    if not isinstance(body, dict):
        return refused(422, "send the file's name and its content as base64")
    try:
        content = base64.b64decode(str(body.get("content") or ""), validate=True)
    except (binascii.Error, ValueError):
        return refused(422, "the content must be base64")
    if len(content) > LARGEST_FILE:
        return refused(413, "the file is larger than 10 MB: export a shorter period")
    ids = [one.user_id for one in agent.desk]
    try:
        if not is_pdf(content):
            return _Read(rewritten(str(body.get("name") or ""), content, agent.privacy, ids))
        statement = read_pdf(content, str(body.get("password") or ""))
        made = rewritten_statement(statement, agent.privacy, ids)
        return _Read(made, statement.differences, statement.warnings)
    except AgentError as error:
        return refused(422, str(error))


def _held(read: _Read) -> dict[str, Any]:
    """Nothing was sent: a total that the statement prints differs from its rows."""
    first = read.differences[0]
    detail = f"{first.name}: the statement says {first.stated}, its rows give {first.parsed}."
    return {
        "id": None, "state": "held", "rows": len(read.made.rows), "imported": 0, "duplicates": 0,
        "detail": detail, "warnings": list(read.warnings),
    }  # fmt: skip


def _outcome(answer: Any) -> dict[str, Any]:
    """What the cloud made of the one file."""
    file: dict[str, Any] = answer["files"][0]
    names = ("id", "state", "rows", "imported", "duplicates", "detail", "warnings")
    return {name: file.get(name) for name in names}


def _view(read: _Read) -> dict[str, Any]:
    made = read.made
    return {
        "name": made.name,
        "kind": made.kind.value,
        "mode": made.mode.value,
        "factor_id": made.factor_id,
        "client_id": made.client_id,
        "account": made.account,
        "columns": [
            {"name": one.name, "treatment": one.treatment.value, "why": one.why}
            for one in made.columns
        ],
        "header": list(made.header),
        "rows": len(made.rows),
        "left_out": [{"rows": rows, "why": why} for why, rows in made.left_out.items()],
        "before": [list(one) for one in made.originals[:_SHOWN]],
        "after": [list(one) for one in made.rows[:_SHOWN]],
        "differences": [
            {"name": one.name, "stated": one.stated, "parsed": one.parsed}
            for one in read.differences
        ],
        "warnings": list(read.warnings),
        "bytes": len(made.content),
        "content": base64.b64encode(made.content).decode(),
    }
