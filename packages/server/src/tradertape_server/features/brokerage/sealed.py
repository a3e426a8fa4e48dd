"""The encrypted columns of accounts at brokers, for the rotation of keys."""

from __future__ import annotations

from tradertape_server.features.brokerage.credentials import SEALED
from tradertape_server.features.brokerage.models import BrokerCredential, BrokerSession
from tradertape_server.platform.key_rotation import SealedColumn

SEALED_COLUMNS = (
    SealedColumn(BrokerCredential, "api_key", SEALED),
    SealedColumn(BrokerCredential, "secret"),
    SealedColumn(BrokerCredential, "totp_secret"),
    SealedColumn(BrokerSession, "token"),
)
