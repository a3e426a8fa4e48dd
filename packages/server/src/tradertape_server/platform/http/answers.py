"""Documenting the answers of routes that return plain dicts.

Large or hot answers are built as dicts and serialised as they are: validating each against a model
would take longer than making it. The model is in the API's description, and tests compare answers
with it.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from tradertape_server.platform.http.refusals import describe_refusals

Responses = dict[int | str, dict[str, Any]]
# What FastAPI derives from `dict[str, Any]` or from a stream, beside a model that is exact.
_OF_NO_MODEL = frozenset({"type", "title", "additionalProperties", "items"})


def answers(model: Any) -> Responses:
    """The `responses` of a route whose JSON answer, or each event's data, has a model's shape."""
    return {200: {"model": model}}


def describe_answers(app: FastAPI) -> None:
    """Let the API's description have the documented models alone, without the dict's schema, and
    the refusals of each route."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path in original()["paths"].values():
                for operation in path.values():
                    _keep_models(operation)
            describe_refusals(original())
        return original()

    app.openapi = openapi


def _keep_models(operation: dict[str, Any]) -> None:
    for content in operation.get("responses", {}).get("200", {}).get("content", {}).values():
        schema = content.get("schema", {})
        for one in (schema, schema.get("items", {})):
            if "$ref" in one:
                for name in _OF_NO_MODEL & one.keys():
                    del one[name]
