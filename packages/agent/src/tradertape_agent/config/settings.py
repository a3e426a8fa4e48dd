"""The settings in use: the file's, those that the environment replaces, secrets of the keyring."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlsplit

from tradertape_agent.config.document import BROKERS, DEFAULTS, Document, read_document
from tradertape_agent.config.folder import Folder, check_private
from tradertape_agent.config.keyring import KEYRING, from_keyring
from tradertape_agent.errors import NotConfigured
from tradertape_brokers.secret import Secret

PREFIX: Final = "TRADERTAPE_"
KEY_PREFIX: Final = "zt_"
PRIVACY_MODES: Final = ("off", "relative", "coarse", "sealed", "seed_literal")
_LEAST_POLL_S, _MOST_POLL_S = 5, 120  # the cloud calls an agent offline after 180
_MOST_STOP = Decimal(50)
_YES, _NO = frozenset({"1", "true", "yes", "y", "on"}), frozenset({"0", "false", "no", "n", "off"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

# Beside the keys of the file's defaults: all that the environment may replace.
_MORE: Final = ("groww_totp_secret", "privacy_mode", "host", "port")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An app at a broker. totp_secret: makes Groww's one-time codes, where there is one."""

    api_key: str
    api_secret: Secret
    totp_secret: Secret = field(default=Secret(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the agent goes by. privacy_mode: None follows the account's setting in the cloud."""

    cloud_url: str
    api_key: Secret
    primary_broker: str
    credentials: Mapping[str, Credentials]
    auto_execute: bool
    stop_loss_pct: Decimal
    poll_interval_s: int
    privacy_mode: str | None
    host: str
    port: int

    @property
    def brokers(self) -> tuple[str, ...]:
        """All that have a key and a secret, the primary one first."""
        first = [one for one in self.credentials if one == self.primary_broker]
        return (*first, *(one for one in self.credentials if one != self.primary_broker))


def load(
    folder: Folder, environment: Mapping[str, str] = os.environ, *, is_insecure: bool = False
) -> Settings:
    """Return the settings in use. Raises NotConfigured, which says what is missing or wrong."""
    if not is_insecure:
        check_private(folder.config)
    document = read_document(folder.config)
    if document is None and not environment.get(f"{PREFIX}API_KEY"):
        raise NotConfigured(
            f"there is no configuration at {folder.config}: run `tradertape-agent configure`"
        )
    return settings_of(document or {}, environment, is_insecure=is_insecure)


def settings_of(
    document: Document, environment: Mapping[str, str], *, is_insecure: bool = False
) -> Settings:
    """Return the settings of a file's content. Raises NotConfigured."""
    found = {**DEFAULTS, **document}
    for key in (*DEFAULTS, *_MORE):
        replaced = environment.get(f"{PREFIX}{key.upper()}")
        if replaced is not None and replaced.strip():
            found[key] = replaced.strip()
    primary = _one_of(found, "primary_broker", BROKERS)
    mode = found.get("privacy_mode") or None
    return Settings(
        cloud_url=cloud_url(str(found["cloud_url"]), is_insecure=is_insecure),
        api_key=_key(_text(found, "api_key")),
        primary_broker=primary,
        credentials=_credentials(found),
        auto_execute=_flag(found, "auto_execute"),
        stop_loss_pct=stop_loss(found["stop_loss_pct"]),
        poll_interval_s=poll_interval(found["poll_interval"]),
        privacy_mode=None if mode is None else _one_of(found, "privacy_mode", PRIVACY_MODES),
        host=str(found.get("host") or "0.0.0.0"),  # noqa: S104 - phones of the network reach it
        port=_port(found.get("port") or 5679),
    )


def cloud_url(text: str, *, is_insecure: bool = False) -> str:
    """Return the address without a slash at its end. Raises NotConfigured."""
    address = text.strip().rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise NotConfigured(f"cloud_url must be an address like https://tradertape.com, was {text}")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK and not is_insecure:
        raise NotConfigured(
            f"cloud_url {address} is not encrypted and would show your key to the network: "
            "use https://, or start with --insecure"
        )
    return address


def poll_interval(value: object) -> int:
    """Return seconds between polls. Raises NotConfigured."""
    seconds = _number(value, "poll_interval")
    if seconds != int(seconds) or not _LEAST_POLL_S <= seconds <= _MOST_POLL_S:
        raise NotConfigured(
            f"poll_interval must be whole seconds from {_LEAST_POLL_S} to {_MOST_POLL_S}, "
            f"was {value}"
        )
    return int(seconds)


def stop_loss(value: object) -> Decimal:
    """Return the percentage of the fallback stop; 0 sets none. Raises NotConfigured."""
    percent = _number(value, "stop_loss_pct")
    if not 0 <= percent <= _MOST_STOP:
        raise NotConfigured(f"stop_loss_pct must be a percentage from 0 to 50, was {value}")
    return percent


def _credentials(found: Mapping[str, Any]) -> dict[str, Credentials]:
    known: dict[str, Credentials] = {}
    for broker in BROKERS:
        key, secret = _text(found, f"{broker}_api_key"), _text(found, f"{broker}_api_secret")
        totp = _text(found, f"{broker}_totp_secret")
        if key and (secret or totp):
            known[broker] = Credentials(key, Secret(secret), Secret(totp))
    return known


def _key(text: str) -> Secret:
    if not text:
        raise NotConfigured(
            "there is no agent API key: make one under Settings → Trading Agent, then run "
            "`tradertape-agent configure`"
        )
    if not text.startswith(KEY_PREFIX):
        raise NotConfigured("the agent API key must begin with zt_: copy it whole")
    return Secret(text)


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NotConfigured(f"{key} must be text in quotes")
    return from_keyring(key, value) if value.startswith(KEYRING) else value.strip()


def _flag(found: Mapping[str, Any], key: str) -> bool:
    value = found[key]
    word = str(value).strip().lower()
    if isinstance(value, bool):
        return value
    if word in _YES | _NO:
        return word in _YES
    raise NotConfigured(f"{key} must be true or false, was {value}")


def _one_of(found: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
    value = str(found[key]).strip().lower()
    if value not in choices:
        raise NotConfigured(f"{key} must be one of {', '.join(choices)}, was {found[key]}")
    return value


def _number(value: object, key: str) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise NotConfigured(f"{key} must be a number, was {value}")
    return number


def _port(value: object) -> int:
    port = _number(value, "port")
    if port != int(port) or not 1 <= port <= 65535:
        raise NotConfigured(f"port must be from 1 to 65535, was {value}")
    return int(port)
