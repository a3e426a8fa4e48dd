"""Documenting the answers of routes that return plain dicts.

Large or hot answers are built as dicts and serialised as they are: validating each against a model
would take longer than making it. The model is in the API's description, and tests compare answers
with it.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

Responses = dict[int | str, dict[str, Any]]
# What FastAPI derives from `dict[str, Any]`, beside a model that describes the answer exactly.
_OF_A_DICT = frozenset({"type", "title", "additionalProperties", "items"})


def answers(model: Any) -> Responses:
    """The `responses` of a route whose JSON answer has the shape of a model."""
    return {200: {"model": model}}


def part_of(model: str) -> dict[str, Any]:
    """The schema of a model that another route answers with, by its name."""
    return {"$ref": f"#/components/schemas/{model}"}


def events(data: dict[str, Any]) -> Responses:
    """The `responses` of a route of server-sent events. data: the schema of each one's data."""
    return {200: {"content": {"text/event-stream": {"schema": data}}}}


def describe_answers(app: FastAPI) -> None:
    """Let the API's description have the documented models alone, without the dict's schema."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path in original()["paths"].values():
                for operation in path.values():
                    _keep_models(operation)
        return original()

    app.openapi = openapi


def _keep_models(operation: dict[str, Any]) -> None:
    content = operation.get("responses", {}).get("200", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        for name in _OF_A_DICT & schema.keys():
            del schema[name]
