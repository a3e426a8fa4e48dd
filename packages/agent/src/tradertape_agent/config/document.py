"""The configuration file as it is on disk: known keys with their defaults, unknown keys kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from tradertape_agent.config.folder import write_private
from tradertape_agent.errors import NotConfigured

Document = dict[str, Any]

BROKERS: Final = ("kite", "upstox", "groww")
DEFAULT_CLOUD: Final = "https://tradertape.com"

# The keys and their order in the file.
DEFAULTS: Final[Mapping[str, Any]] = {
    "cloud_url": DEFAULT_CLOUD,
    "api_key": "",
    "primary_broker": "kite",
    "kite_api_key": "",
    "kite_api_secret": "",
    "upstox_api_key": "",
    "upstox_api_secret": "",
    "groww_api_key": "",
    "groww_api_secret": "",
    "auto_execute": False,
    "stop_loss_pct": 5,
    "poll_interval": 30,
}


def read_document(path: Path) -> Document | None:
    """Read the file; None when there is none. Raises NotConfigured if it cannot be read."""
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotConfigured(f"{path} cannot be read: {error.strerror}") from None
    try:
        found: object = json.loads(content)
    except ValueError as error:
        raise NotConfigured(
            f"{path} is not valid JSON ({error}): correct it, or run `tradertape-agent configure`"
        ) from None
    if not isinstance(found, dict):
        raise NotConfigured(f"{path} must hold one JSON object with the settings")
    return cast("Document", found)


def write_document(path: Path, document: Document) -> None:
    """Replace the file, mode 600: known keys first, then those of others as they were."""
    ordered = {**DEFAULTS, **document}
    write_private(path, (json.dumps(ordered, indent=2, ensure_ascii=False) + "\n").encode())
