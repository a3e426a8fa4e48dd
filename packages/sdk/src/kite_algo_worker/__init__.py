"""Write trading strategies in Python; the server executes them and keeps the books.

config, client, async_client, ws    the clients: HTTP, asyncio, WebSocket
run_config, managed_run             runs that are claimed, kept alive and released
orders, protection, options         requests: orders, protections, option legs and spreads
models, exceptions                  answers and errors
helpers                             polling, recovery, a few more orders
marketdata, indicators              candles as frames, technical indicators
live_protection_certification       the verdict whether a server's protection fired

Private: `protocol`, `endpoints`, `order_checks`, `sync`, `aio`. A contract of layers in the
workspace's `pyproject.toml` says what each may import.
"""

from kite_algo_worker import options
from kite_algo_worker._optional import FRAMES, installed
from kite_algo_worker._version import __version__
from kite_algo_worker.aio.managed_run import (
    AsyncManagedRun,
)
from kite_algo_worker.aio.options import (
    AsyncOptionWorkerClient,
)
from kite_algo_worker.aio.streaming import (
    AsyncEventStream,
)
from kite_algo_worker.async_client import (
    AsyncKiteAlgoWorkerClient,
)
from kite_algo_worker.client import (
    KiteAlgoWorkerClient,
)
from kite_algo_worker.config import (
    AlgoWorkerConfig,
)
from kite_algo_worker.exceptions import (
    AuthError,
    BrokerValidationError,
    InvalidInputError,
    KiteAlgoWorkerError,
    LiveNotEnabledError,
    OutcomeUnknownError,
    PermissionDeniedError,
    StreamDisconnectedError,
    TransportError,
)
from kite_algo_worker.helpers import (
    amo_limit_order,
    amo_market_order,
    ensure_run,
    live_equity_market_order,
    preview_then_place_order,
    wait_for_fresh_candle,
    wait_for_history,
    wait_for_quotes,
    wait_for_terminal_order_state,
    warmup_history,
)
from kite_algo_worker.indicators import (
    NUMBA_AVAILABLE,
    BaseIndicator,
    IndicatorInput,
    IndicatorValue,
    LiveIndicatorEngine,
    TechnicalAnalysis,
    crossover,
    format_output,
    njit,
    normalize_input,
    sma,
    ta,
)
from kite_algo_worker.managed_run import (
    ManagedRun,
)
from kite_algo_worker.marketdata import (
    OhlcvArrays,
    candles_to_df,
    ohlcv_arrays,
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
from kite_algo_worker.options import (
    OptionEntryPreviewRequest,
    OptionExpirySnapshot,
    OptionWorkerClient,
    SpreadLegSelection,
    SpreadSpec,
    option_leg,
    resolve_delta_leg,
    resolve_offset_leg,
    resolve_option_contracts,
    resolve_option_leg,
    resolve_spread,
)
from kite_algo_worker.order_checks.fields import OrderProblem
from kite_algo_worker.order_checks.rules import order_problems
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
from kite_algo_worker.run_config import (
    RunConfig,
)
from kite_algo_worker.sync.streaming import (
    EventStream,
)
from kite_algo_worker.ws import (
    StreamHealth,
    WorkerCandleWebSocketClient,
    WorkerRunPnlWebSocketClient,
    WorkerTickWebSocketClient,
    WorkerWebSocketClient,
)

__all__ = [
    "NUMBA_AVAILABLE",
    "AlgoWorkerConfig",
    "AsyncEventStream",
    "AsyncKiteAlgoWorkerClient",
    "AsyncManagedRun",
    "AsyncOptionWorkerClient",
    "AuthError",
    "BackendProtection",
    "BaseIndicator",
    "BasketProtection",
    "BrokerValidationError",
    "CostContract",
    "EventStream",
    "IndicatorInput",
    "IndicatorValue",
    "InvalidInputError",
    "KiteAlgoWorkerClient",
    "KiteAlgoWorkerError",
    "LiveIndicatorEngine",
    "LiveNotEnabledError",
    "ManagedRun",
    "OperationalProtection",
    "OptionEntryPreviewRequest",
    "OptionExpirySnapshot",
    "OptionWorkerClient",
    "OrderBuilder",
    "OrderPreview",
    "OrderProblem",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "PreviewPayload",
    "ProtectedPosition",
    "RunConfig",
    "RunProtectionState",
    "SafetyCheckResult",
    "SpreadLegSelection",
    "SpreadSpec",
    "StreamDisconnectedError",
    "StreamHealth",
    "TechnicalAnalysis",
    "TransportError",
    "WorkerCandle",
    "WorkerCandleWebSocketClient",
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
    "WorkerRunPnlWebSocketClient",
    "WorkerTickWebSocketClient",
    "WorkerTimelineEvent",
    "WorkerTimelineResponse",
    "WorkerTradeSnapshot",
    "WorkerTradesResponse",
    "WorkerWebSocketClient",
    "__version__",
    "amo_limit_order",
    "amo_market_order",
    "crossover",
    "ensure_run",
    "equity_market_order",
    "format_output",
    "limit_order",
    "live_equity_market_order",
    "market_order",
    "njit",
    "normalize_input",
    "option_leg",
    "option_market_order",
    "options",
    "order_problems",
    "preview_then_place_order",
    "resolve_delta_leg",
    "resolve_offset_leg",
    "resolve_option_contracts",
    "resolve_option_leg",
    "resolve_spread",
    "sl_m_order",
    "sl_order",
    "sma",
    "ta",
    "wait_for_fresh_candle",
    "wait_for_history",
    "wait_for_quotes",
    "wait_for_terminal_order_state",
    "warmup_history",
]

if installed(*FRAMES):  # without them the names are there and say what to install
    __all__ += ["OhlcvArrays", "candles_to_df", "ohlcv_arrays"]
