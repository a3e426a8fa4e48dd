"""Connections that are used again only while they are fresh, for the official client.

A server closes a connection that was idle for long. A request that leaves at that moment is lost
unread, and for an order that is an unknown outcome: it is in doubt for a minute, and then it was
never placed. Connections that are given up first cannot be lost so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

IDLE_S: Final = 5.0  # as httpx has it; servers wait for longer


class _FreshPool(HTTPConnectionPool):
    """Opens a connection anew that was idle for `IDLE_S` seconds."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._put_at: dict[int, float] = {}

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)
        idle_since = self._put_at.pop(id(connection), None)
        if idle_since is not None and time.monotonic() - idle_since >= IDLE_S:
            connection.close()  # it connects again by itself
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            self._put_at[id(conn)] = time.monotonic()
        super()._put_conn(conn)


class _FreshSecurePool(_FreshPool, HTTPSConnectionPool):
    """The same over TLS."""


_POOLS: Mapping[str, type[HTTPConnectionPool]] = {"http": _FreshPool, "https": _FreshSecurePool}


class FreshConnections(HTTPAdapter):
    """An adapter for `requests` whose pools are of fresh connections."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = dict(_POOLS)
