"""Sessions at brokers as they are stored: API key and access token encrypted together."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import Session
from tradertape_server.features.brokerage.models import BrokerSession
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.secrets import SecretBox

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SessionTokens:
    """Encrypts what a session signs requests with, and reads it back."""

    secrets: SecretBox

    def seal(self, session: Session) -> bytes:
        """What is stored of a session's secrets."""
        text = json.dumps([session.api_key, session.access_token.reveal()])
        return self.secrets.seal(text.encode())

    def open(self, row: BrokerSession) -> Session | None:
        """A stored session; None, with an error in the log, when no key decrypts it."""
        opened = self.secrets.unseal(row.token)
        if opened is None:
            logger.error("a broker's token cannot be decrypted: sign in again", broker=row.broker)
            return None
        api_key, token = json.loads(opened)
        return Session(
            broker=row.broker,
            user_id=row.broker_user_id,
            api_key=api_key,
            access_token=Secret(token),
            expires_at=row.expires_at,
        )
