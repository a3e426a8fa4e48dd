"""The settings as the UI shows and changes them: secrets go in and never come out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from tradertape_agent.agent import Agent
from tradertape_agent.config.document import (
    BROKERS,
    DEFAULTS,
    read_document,
    write_document,
)
from tradertape_agent.config.settings import settings_of

_SECRETS: Final = tuple(f"{one}_{key}" for one in BROKERS for key in ("api_key", "api_secret"))
_CHANGEABLE: Final = (
    "auto_execute", "stop_loss_pct", "poll_interval", "primary_broker", *_SECRETS,
)  # fmt: skip
_AT_ONCE: Final = frozenset({"auto_execute"})


def shown(agent: Agent) -> dict[str, Any]:
    """Return the settings of the file, and which credentials it has."""
    document = {**DEFAULTS, **(read_document(agent.folder.config) or {})}
    plain = {name: document[name] for name in _CHANGEABLE if name not in _SECRETS}
    return {
        **plain,
        "cloud_url": document["cloud_url"],
        "credentials": {name: bool(document.get(name)) for name in _SECRETS},
        "config": str(agent.folder.config),
        "privacy": agent.privacy.mode.value,
    }


def changed(agent: Agent, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Write changes; returns which of them take a restart. Raises NotConfigured or KeyError."""
    unknown = set(wanted) - set(_CHANGEABLE)
    if unknown:
        raise KeyError(f"{', '.join(sorted(unknown))} cannot be set here")
    document = read_document(agent.folder.config) or {}
    document.update(wanted)
    settings_of(
        document, os.environ, is_insecure=True
    )  # a wrong value is refused before it is kept
    write_document(agent.folder.config, document)
    later = sorted(set(wanted) - _AT_ONCE)
    return {"saved": sorted(wanted), "after_restart": later}
