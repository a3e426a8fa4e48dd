"""The encrypted columns of notifications, for the rotation of keys."""

from __future__ import annotations

from tradertape_server.features.notifications.models import Channel
from tradertape_server.platform.key_rotation import SealedColumn

SEALED_COLUMNS = (SealedColumn(Channel, "secret"),)
