"""Secrets that the operating system's keyring holds instead of the file."""

from __future__ import annotations

import importlib
from typing import Any, Final

from tradertape_agent.errors import NotConfigured

KEYRING: Final = "keyring:"
SERVICE: Final = "tradertape-agent"


def from_keyring(key: str, reference: str) -> str:
    """Return the secret that `keyring:` or `keyring:NAME` refers to. Raises NotConfigured."""
    name = reference.removeprefix(KEYRING).strip() or key
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError:
        raise NotConfigured(
            f"{key} refers to the keyring: install `tradertape-agent[keyring]`"
        ) from None
    try:
        secret = keyring.get_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise NotConfigured(f"the keyring cannot be read for {key}: {error}") from None
    if not secret:
        raise NotConfigured(
            f"the keyring has no {name}: run `keyring set {SERVICE} {name}`, or write the value "
            "into the configuration"
        )
    return str(secret)
