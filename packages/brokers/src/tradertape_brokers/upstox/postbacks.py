"""Reads what Upstox posts to our address: the port of `port.PostbackPort`.

Upstox signs nothing: a postback is never verified, and only a hint to read the order book. It names
its instrument as Upstox does.
"""

from __future__ import annotations

import json

from tradertape_brokers.errors import Refused
from tradertape_brokers.port import Postback
from tradertape_brokers.secret import Secret
from tradertape_brokers.upstox.answers import as_object
from tradertape_brokers.upstox.keys import FoundKeys
from tradertape_brokers.upstox.orders_mapping import UnknownRow, venue_order


class UpstoxPostbacks:
    """Reads order updates; those of triggers are refused."""

    def read(self, body: bytes, api_secret: Secret | None) -> Postback:  # noqa: ARG002 - nothing is signed
        """Read a postback. Raises Refused for a body that cannot be read."""
        try:
            row = as_object(json.loads(body))
            if row is None or row.get("update_type", "order") != "order":
                raise UnknownRow("it is no update of an order")
            user_id = row.get("user_id") or row.get("userId")
            if not isinstance(user_id, str):
                raise UnknownRow("user_id is missing")
            order = venue_order(row, FoundKeys(lambda _: None), is_snapshot=False)
        except ValueError as error:
            ours = Refused(f"Upstox's postback cannot be read: {error}")
        else:
            return Postback(user_id=user_id, order=order, is_verified=False)
        raise ours
