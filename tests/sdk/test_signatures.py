"""Every name and parameter of 0.7.4 is in this package, with the same kind, order and default."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LISTER = str(Path(__file__).parent / "list_signatures.py")
GUIDE = Path(__file__).parents[2] / "docs" / "sdk" / "index.md"

# Parameters added since: always optional, and always after those of 0.7.4.
ADDITIONS = {
    "AlgoWorkerConfig": {
        "max_retries", "retry_delay_s", "stream_reconnects", "stream_idle_s", "enable_live",
    },
    "run": {"auto_heartbeat", "heartbeat_interval_s", "wait_for_claim_s", "worker_id"},
    "claim_session": {"worker_id"},
    "OrderBuilder": {"exchange", "tradingsymbol", "transaction_type", "product", "quantity"},
    "errors": {"code", "request_id", "retry_after_s"},
    "models": {"raw"},
    "sockets": {"api_prefix", "token_in_query"},
}  # fmt: skip
ERRORS = {
    "AuthError", "BrokerValidationError", "KiteAlgoWorkerError", "PermissionDeniedError",
    "StreamDisconnectedError", "error_for_status",
}  # fmt: skip


def _surface(folder: Path | None) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(folder or "")}
    done = subprocess.run(
        [sys.executable, LISTER], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    return _surface(None)


@pytest.fixture(scope="module")
def theirs(published: Path) -> dict[str, Any]:
    return _surface(published)


def _may_add(name: str) -> set[str]:
    last = name.rpartition(".")[2]
    if last in ERRORS:
        return ADDITIONS["errors"]
    if last.endswith("WebSocketClient"):
        return ADDITIONS["sockets"]
    return ADDITIONS.get(last, ADDITIONS["models"] if last[0].isupper() else set())


def test_every_public_name_is_there_and_of_the_same_kind(
    ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """KC-07."""
    assert len(theirs) > 1000
    assert sorted(set(theirs) - set(ours)) == []
    other = [name for name, (kind, _) in theirs.items() if ours[name][0] != kind]
    assert other == []


def test_every_parameter_has_its_kind_order_and_default(
    ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """KC-07."""
    different: dict[str, Any] = {}
    for name, (_, parameters) in theirs.items():
        if parameters is None:
            continue
        added = _may_add(name)
        kept = [one for one in ours[name][1] if one in parameters or one[0] not in added]
        if kept != parameters:
            different[name] = (kept, parameters)
    assert different == {}


def test_what_is_added_is_optional(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    for name, (_, parameters) in theirs.items():
        known = {one[0] for one in parameters or ()}
        for parameter, kind, default in ours[name][1] or ():
            if parameter not in known:
                assert default != "(required)", f"{name}({parameter}: {kind})"


def test_the_guide_names_every_addition() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    named = {word for words in ADDITIONS.values() for word in words}
    order_words = ADDITIONS["OrderBuilder"]
    assert [word for word in sorted(named - order_words) if f"`{word}`" not in text] == []
    assert 'OrderBuilder("NSE", "INFY", "BUY", "CNC", 1)' in text
