"""Log lines hold no control characters: what a caller sends cannot forge or hide lines."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tradertape_server.platform.logging import configure_logging, get_logger, without_control

HOSTILE = "/a\x1b[2J\r\n2026-01-01 all is well\x00\x9b31m\u2028\u202e"


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**configured)
    root.handlers, root.level = handlers, level


def written(form: str) -> str:
    stream = io.StringIO()
    configure_logging(level="debug", form=form, stream=stream)  # type: ignore[arg-type]
    get_logger("t").info("request", path=HOSTILE, many=[HOSTILE], named={HOSTILE: 1})
    logging.getLogger("uvicorn.error").warning("of a library: %s", HOSTILE)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["console", "json"])
def test_control_characters_are_written_as_escapes(form: str) -> None:
    lines = written(form).removesuffix("\n").split("\n")
    assert len(lines) == 2
    for line in lines:
        assert all(character.isprintable() for character in line)
    if form == "json":
        assert json.loads(lines[0])["path"].startswith("/a\\x1b[2J\\r\\n2026")


def test_a_traceback_keeps_its_lines_and_nothing_else() -> None:
    stream = io.StringIO()
    configure_logging(level="debug", form="console", stream=stream)
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        get_logger("t").exception("failed")
    lines = stream.getvalue().splitlines()
    assert any("Traceback" in line for line in lines)
    assert all(character.isprintable() for line in lines for character in line)


@given(st.text())
def test_an_escaped_text_is_printable_as_far_as_it_was_and_escaped_once(text: str) -> None:
    escaped = without_control(text)
    assert without_control(escaped) == escaped
    assert len(escaped.splitlines()) <= 1
    if text.isprintable():
        assert escaped == text
