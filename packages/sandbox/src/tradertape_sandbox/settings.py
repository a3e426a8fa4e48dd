"""How the sandbox is started."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Where it listens, and what its accounts begin with.

    totp_secret: the base-32 seed of one-time passwords. admin_key: opens the admin door to
    callers from elsewhere. always_open: trade at any hour, instead of
    the calendar's sessions. cash: rupees of each broker's default account. kite_redirect_url: where
    Kite's login page sends the browser. kite_postback_url: where its order updates are posted.
    upstox_webhook_url: where Upstox's are.
    """

    host: str = "127.0.0.1"
    port: int
    totp_secret: str
    admin_key: str
    always_open: bool = True
    cash: Decimal = Decimal(1_000_000)
    kite_redirect_url: str = ""
    kite_postback_url: str = ""
    upstox_webhook_url: str = ""

    @property
    def origin(self) -> str:
        """The address that it is reached at, without a path: `http://127.0.0.1:18900`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def socket_origin(self) -> str:
        """The same for WebSockets."""
        return self.origin.replace("http", "ws", 1)
