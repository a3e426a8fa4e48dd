"""Logging: one line for each event, with the request id, and with secrets redacted."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, TextIO

import structlog

HIDDEN = "[hidden]"

# A value whose name contains one of these words is always redacted.
_SECRET_WORDS = re.compile(
    r"password|passwd|secret|token|cookie|authorization|otp|api_key|checksum|credential", re.I
)
# These patterns are redacted anywhere in a text, tracebacks included.
_SECRET_SHAPES = (
    re.compile(r"\b(zt_|kwa_)[A-Za-z0-9_-]{8,}"),
    re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]+"),
    re.compile(r"(?i)(kite_session=|kite_signin=)[^;\s\"']+"),
    re.compile(
        r"(?i)(\b[\w-]*(?:token|otp|password|secret|code|api_key)[\"']?\s*[=:]\s*[\"']?)"
        r"[^\s&\"',;)}]+"
    ),
    re.compile(r"(?i)(://[^/:@\s]+:)[^@\s/]+(?=@)"),  # a database URL's password
    re.compile(r"(/api/hooks/in/)[^/?\s\"']+"),  # of alerts: may be all their proof
    re.compile(r"(/bot)\d{5,}:[A-Za-z0-9_-]+"),  # of a Telegram bot
)

# What a terminal obeys or shows in another order: C0 and C1, line separators, bidirectional marks.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_LINES = frozenset({"exception", "stack"})  # a traceback keeps its lines

Processor = structlog.typing.Processor


def without_control(text: str, *, keep: str = "") -> str:
    """Write control characters as escapes, but for those in `keep`: a log line stays one line."""
    return _CONTROL.sub(lambda one: one[0] if one[0] in keep else _escaped(one[0]), text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def without_secrets(text: str) -> str:
    """Redact everything in a text that looks like a credential."""
    for shape in _SECRET_SHAPES:
        text = shape.sub(lambda match: match.group(1) + HIDDEN, text)
    return text


def _clean(name: str, value: Any) -> Any:
    if _SECRET_WORDS.search(name) and not isinstance(value, bool | int | None):
        return HIDDEN
    if isinstance(value, str):
        return _clean_text(name, value)
    if isinstance(value, Mapping):
        return {without_control(str(key)): _clean(str(key), one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, one) for one in value]
    if isinstance(value, bool | int | float | None):
        return value
    return _clean_text(name, str(value))


def _clean_text(name: str, text: str) -> str:
    return without_control(without_secrets(text), keep="\n\t" if name in _LINES else "")


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redact secrets and escape control characters: the last step before a line is written."""
    for name in list(event):
        if not name.startswith("_"):
            event[name] = _clean(name, event[name])
    return event


def configure_logging(
    *, level: str, form: Literal["console", "json"], stream: TextIO | None = None
) -> None:
    """Send our logs and those of libraries through one pipeline to `stream` (stderr)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=(stream or sys.stderr).isatty())
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("alembic", "httpx"):  # httpx logs every request it makes
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a module's logger; pass values as keyword arguments."""
    return structlog.stdlib.get_logger(name)
