"""The encrypted columns of incoming webhooks, for the rotation of keys."""

from __future__ import annotations

from tradertape_server.features.hooks.models import IncomingHook
from tradertape_server.platform.key_rotation import SealedColumn

SEALED_COLUMNS = (SealedColumn(IncomingHook, "secret"),)
