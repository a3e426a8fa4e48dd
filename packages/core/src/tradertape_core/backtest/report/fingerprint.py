"""The fingerprint of a backtest: equal inputs, equal hash, byte-identical report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from tradertape_core.backtest.config import BacktestConfig


def config_echo(config: BacktestConfig) -> dict[str, Any]:
    """The configuration as plain JSON values, every default written out."""
    return {name: _plain(name, value) for name, value in asdict(config).items()}


# 5 and 5.0 ask for the same run and must give the same bytes.
_REAL = frozenset(field.name for field in fields(BacktestConfig) if field.type == "float")


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if name in _REAL else value


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spare blanks, UTF-8: equal values give equal bytes."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def report_hash(
    config: BacktestConfig, document: Mapping[str, Any], data_version: str, engine_version: str
) -> str:
    """SHA-256, hexadecimal, of everything that decides the numbers of a report."""
    inputs = {
        "config": config_echo(config),
        "strategy": document,
        "data_version": data_version,
        "engine_version": engine_version,
    }
    return hashlib.sha256(canonical_json(inputs)).hexdigest()
