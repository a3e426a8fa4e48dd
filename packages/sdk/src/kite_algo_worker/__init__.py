"""Write trading strategies in Python; the server executes them and keeps the books.

config, client, async_client, ws    the clients: HTTP, asyncio, WebSocket
run_config, managed_run             runs that are claimed, kept alive and let go of
orders, protection, options         what is sent: orders, protections, option legs and spreads
models, exceptions                  what comes back
helpers                             waiting and recovering
marketdata, indicators              candles as frames, technical indicators
live_protection_certification       judging whether a server's protection fired
"""

from kite_algo_worker._version import __version__
from kite_algo_worker.exceptions import (
    AuthError,
    BrokerValidationError,
    KiteAlgoWorkerError,
    LiveNotEnabledError,
    OutcomeUnknownError,
    PermissionDeniedError,
    StreamDisconnectedError,
    TransportError,
)

__all__ = [
    "AuthError",
    "BrokerValidationError",
    "KiteAlgoWorkerError",
    "LiveNotEnabledError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "StreamDisconnectedError",
    "TransportError",
    "__version__",
]
