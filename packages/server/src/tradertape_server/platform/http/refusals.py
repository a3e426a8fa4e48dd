"""The refusals in the API's description: which statuses a route can give, by the kind of route.

They come from the layers before a route and from the errors that every route may raise, so they are
stated here once and not at each route. A route describes only what is its own, and keeps it.
"""

from __future__ import annotations

from typing import Any

from tradertape_server.platform.errors import CODE_HEADER
from tradertape_server.platform.http.routing import SAFE_METHODS

Schema = dict[str, Any]


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


_DESCRIPTIONS = {
    400: "A parameter is invalid, or a rule is violated.",
    401: "Not signed in, or no longer.",
    403: "Signed in, without the permission for this; or a page of another site asks.",
    404: "Does not exist, or belongs to another user.",
    408: "The body did not arrive in time.",
    409: "The current state does not allow it.",
    413: "The body is over the limit.",
    416: "The cursor is beyond the last event.",
    422: "The request does not match this description.",
    429: "Over a request limit.",
    503: "Something the server depends on does not respond, or too many requests wait.",
}
_PROBLEM: Schema = {
    "type": "object",
    "title": "Problem",
    "description": "One problem of a request.",
    "required": ["type", "loc", "msg"],
    "properties": {
        "type": {"type": "string", "description": "The kind, for programs."},
        "loc": {
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "description": "The place: body, query, path, header or cookie, and the path in it.",
        },
        "msg": {"type": "string", "description": "What is wrong, for people."},
        "pointer": {"type": "string", "description": "The place in the body (RFC 6901)."},
    },
}
_SCHEMAS: dict[str, Schema] = {
    "Problem": _PROBLEM,
    "InvalidRequest": {
        "type": "object",
        "title": "InvalidRequest",
        "description": "Why a request does not match this description.",
        "required": ["detail"],
        "properties": {"detail": {"type": "array", "items": _ref("schemas", "Problem")}},
    },
    "Refusal": {
        "type": "object",
        "title": "Refusal",
        "description": "Why a request was refused; some have further members.",
        "required": ["detail"],
        "properties": {"detail": {"type": "string", "description": "The reason, for people."}},
    },
}
# Of the framework's own description, which ours replaces.
_REPLACED = ("HTTPValidationError", "ValidationError")


def describe_refusals(description: Schema) -> None:
    """Add to each operation the refusals that it can give."""
    components = description["components"]
    for name in _REPLACED:
        components["schemas"].pop(name, None)
    components["schemas"] |= _SCHEMAS
    components["responses"] = {_name(status): _response(status) for status in _DESCRIPTIONS}
    for path in description["paths"].values():
        for method, operation in path.items():
            responses = operation["responses"]
            if _is_the_frameworks(responses.get("422", {})):
                del responses["422"]
            for status in _refusals(method.upper(), operation):
                responses.setdefault(str(status), _ref("responses", _name(status)))


def _refusals(method: str, operation: Schema) -> list[int]:
    """The refusals of an operation, in order."""
    found = {422, 429, 503}  # 422: also for a query that it does not read
    parameters = {one["name"] for one in operation.get("parameters", ())}
    if "security" in operation:
        found |= {401, 403}
    if parameters or "requestBody" in operation:
        found |= {400, 404}
    if "after_cursor" in parameters:
        found |= {416}
    if method not in SAFE_METHODS:
        found |= {400, 401, 403, 404, 409}  # 401: signing in, too
        found |= {408, 413}  # any change may come with a body
    return sorted(found)


def _is_the_frameworks(response: Schema) -> bool:
    return "HTTPValidationError" in str(response.get("content"))


def _response(status: int) -> Schema:
    model = "InvalidRequest" if status == 422 else "Refusal"
    headers = {CODE_HEADER: _header("What is refused, for programs.")}
    if status in {429, 503}:
        headers["Retry-After"] = _header("Seconds after which to try again.")
    return {
        "description": _DESCRIPTIONS[status],
        "headers": headers,
        "content": {"application/json": {"schema": _ref("schemas", model)}},
    }


def _header(text: str) -> Schema:
    return {"description": text, "schema": {"type": "string"}}


def _name(status: int) -> str:
    return f"Status{status}"
