"""Fixtures of protection: those of workers, whose runs are the owners that are guarded here."""

from __future__ import annotations

from typing import Any

import pytest

from ..workers.conftest import *  # noqa: F403 - all of its fixtures


@pytest.fixture
def caller(worker: Any, new_run: Any) -> Any:
    caller = worker()
    new_run(caller)
    return caller
