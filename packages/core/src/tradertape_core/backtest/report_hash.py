"""The fingerprint of a backtest: equal inputs, equal hash, byte-identical report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from tradertape_core.backtest.config import BacktestConfig


def config_echo(config: BacktestConfig) -> dict[str, Any]:
    """The configuration as plain JSON values, every default written out."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(config).items()
    }


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
