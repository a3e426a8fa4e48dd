"""Answers of the server as frozen dataclasses; imports nothing of this package.

Every model has `model_validate(payload)` and `model_dump()`. Keys that a model does not name are
kept in its `raw` and are part of the dump.
"""

from kite_algo_worker.models.base import JsonDict, Model
from kite_algo_worker.models.market import WorkerCandle, WorkerHistoricalCandles
from kite_algo_worker.models.money import (
    WorkerFundsSegment,
    WorkerFundsSnapshot,
    WorkerRunPnlLeg,
    WorkerRunPnlSnapshot,
    WorkerRunPnlTotals,
)
from kite_algo_worker.models.orders import (
    CostContract,
    OrderPreview,
    PreviewPayload,
    WorkerGttTrigger,
    WorkerGttWriteResult,
    WorkerOrderResult,
    WorkerOrderSnapshot,
    WorkerOrdersResponse,
    WorkerTradeSnapshot,
    WorkerTradesResponse,
)
from kite_algo_worker.models.runs import (
    RunProtectionState,
    SafetyCheckResult,
    WorkerRunHealthSnapshot,
)
from kite_algo_worker.models.timeline import WorkerTimelineEvent, WorkerTimelineResponse

__all__ = [
    "CostContract",
    "JsonDict",
    "Model",
    "OrderPreview",
    "PreviewPayload",
    "RunProtectionState",
    "SafetyCheckResult",
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
]
