"""Kite's calls to our address: the port of `port.PostbackPort`."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, cast

from tradertape_brokers.errors import Refused
from tradertape_brokers.kite.orders_mapping import UnknownRow, venue_order
from tradertape_brokers.port import Postback
from tradertape_brokers.secret import Secret


class KitePostbacks:
    """Reads postbacks and compares their checksums."""

    def read(self, body: bytes, api_secret: Secret | None) -> Postback:
        """Read a postback. Raises Refused for a wrong checksum or a body that cannot be read."""
        try:
            parsed: object = json.loads(body)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise Refused("the postback is not a JSON object")
        row = cast("Mapping[str, Any]", parsed)
        if api_secret is not None and not _is_genuine(row, api_secret):
            raise Refused("the postback's checksum is wrong")
        try:
            order = venue_order(row, is_snapshot=False)
        except (UnknownRow, KeyError, TypeError, ValueError) as error:
            raise Refused(f"the postback cannot be read: {error}") from None
        return Postback(
            user_id=str(row.get("user_id") or row.get("placed_by") or ""),
            order=order,
            is_verified=api_secret is not None,
        )


def _is_genuine(row: Mapping[str, Any], api_secret: Secret) -> bool:
    text = f"{row.get('order_id')}{row.get('order_timestamp')}{api_secret.reveal()}"
    expected = hashlib.sha256(text.encode()).hexdigest()
    return hmac.compare_digest(str(row.get("checksum")).encode(), expected.encode())
