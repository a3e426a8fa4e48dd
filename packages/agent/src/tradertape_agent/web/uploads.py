"""Statements of brokers: rewritten here, shown as they would leave this machine, and sent."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from tradertape_agent import addresses
from tradertape_agent.agent import Agent
from tradertape_agent.cloud import CloudDeclined, CloudSilent
from tradertape_agent.errors import AgentError
from tradertape_agent.privacy.statements import Rewritten, rewritten
from tradertape_agent.web.guards import refused

UPLOADS: Final = "/api/uploads/"
LARGEST_FILE: Final = 10_000_000
LARGEST_REQUEST: Final = LARGEST_FILE * 4 // 3 + 10_000  # a file as base64 in a document
_SHOWN: Final = 8
# The cloud reads a file for up to 20 seconds, and others may be before it.
_ANSWER_S: Final = 90.0


def uploads(agent: Agent) -> Blueprint:
    """The routes of uploads."""
    routes = Blueprint("uploads", __name__, url_prefix=UPLOADS.rstrip("/"))

    @routes.post("/preview")
    def preview() -> Response:
        made = _rewritten(agent)
        return made if isinstance(made, Response) else jsonify(_view(made))

    @routes.post("/send")
    def send() -> Response:
        made = _rewritten(agent)
        if isinstance(made, Response):
            return made
        accepts = (request.get_json(silent=True) or {}).get("accept_difference") is True
        path = f"{addresses.UPLOADS}?accept_difference=true" if accepts else addresses.UPLOADS
        try:
            answer = agent.cloud.post(path, made.document(), within_s=_ANSWER_S)
        except CloudDeclined as error:
            return refused(409, error.detail)
        except CloudSilent as error:
            return refused(503, f"{error}. Send it again: what arrived is not counted twice")
        except AgentError as error:
            return refused(422, str(error))
        return jsonify(_outcome(answer.body))

    return routes


def _rewritten(agent: Agent) -> Rewritten | Response:
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
        return rewritten(str(body.get("name") or ""), content, agent.privacy, ids)
    except AgentError as error:
        return refused(422, str(error))


def _outcome(answer: Any) -> dict[str, Any]:
    """What the cloud made of the one file."""
    file: dict[str, Any] = answer["files"][0]
    names = ("id", "state", "rows", "imported", "duplicates", "detail", "warnings")
    return {name: file.get(name) for name in names}


def _view(made: Rewritten) -> dict[str, Any]:
    return {
        "name": made.name,
        "kind": made.kind.value,
        "mode": made.mode.value,
        "factor_id": made.factor_id,
        "columns": [
            {"name": one.name, "treatment": one.treatment.value, "why": one.why}
            for one in made.columns
        ],
        "header": list(made.header),
        "rows": len(made.rows),
        "left_out": [{"rows": rows, "why": why} for why, rows in made.left_out.items()],
        "before": [list(one) for one in made.originals[:_SHOWN]],
        "after": [list(one) for one in made.rows[:_SHOWN]],
        "bytes": len(made.content),
        "content": base64.b64encode(made.content).decode(),
    }
