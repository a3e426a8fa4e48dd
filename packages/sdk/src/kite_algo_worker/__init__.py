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
from kite_algo_worker.models import (
    CostContract,
    OrderPreview,
    PreviewPayload,
    RunProtectionState,
    SafetyCheckResult,
    WorkerCandle,
    WorkerFundsSegment,
    WorkerFundsSnapshot,
    WorkerGttTrigger,
    WorkerGttWriteResult,
    WorkerHistoricalCandles,
    WorkerOrderResult,
    WorkerOrderSnapshot,
    WorkerOrdersResponse,
    WorkerRunHealthSnapshot,
    WorkerRunPnlLeg,
    WorkerRunPnlSnapshot,
    WorkerRunPnlTotals,
    WorkerTimelineEvent,
    WorkerTimelineResponse,
    WorkerTradeSnapshot,
    WorkerTradesResponse,
)
from kite_algo_worker.orders import (
    OrderBuilder,
    equity_market_order,
    limit_order,
    market_order,
    option_market_order,
    sl_m_order,
    sl_order,
)
from kite_algo_worker.protection import (
    BackendProtection,
    BasketProtection,
    OperationalProtection,
    ProtectedPosition,
)
from kite_algo_worker.run_config import RunConfig

__all__ = [
    "AuthError",
    "BackendProtection",
    "BasketProtection",
    "BrokerValidationError",
    "CostContract",
    "KiteAlgoWorkerError",
    "LiveNotEnabledError",
    "OperationalProtection",
    "OrderBuilder",
    "OrderPreview",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "PreviewPayload",
    "ProtectedPosition",
    "RunConfig",
    "RunProtectionState",
    "SafetyCheckResult",
    "StreamDisconnectedError",
    "TransportError",
    "WorkerCandle",
    "WorkerFundsSegment",
    "WorkerFundsSnapshot",
    "WorkerGttTrigger",
    "WorkerGttWriteResult",
    "WorkerHistoricalCandles",
    "WorkerOrderResult",
    "WorkerOrderSnapshot",
    "WorkerOrdersResponse",
    "WorkerRunHealthSnapshot",
    "WorkerRunPnlLeg",
    "WorkerRunPnlSnapshot",
    "WorkerRunPnlTotals",
    "WorkerTimelineEvent",
    "WorkerTimelineResponse",
    "WorkerTradeSnapshot",
    "WorkerTradesResponse",
    "__version__",
    "equity_market_order",
    "limit_order",
    "market_order",
    "option_market_order",
    "sl_m_order",
    "sl_order",
]
