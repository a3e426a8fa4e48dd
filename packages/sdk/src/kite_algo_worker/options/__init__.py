"""Options: the client's other half, legs, spreads, and how they are found."""

from kite_algo_worker.options.client import OptionWorkerClient
from kite_algo_worker.options.models import (
    OptionEntryPreviewRequest,
    OptionExecutionLeg,
    OptionExpirySnapshot,
    OptionRunActionRequest,
    OptionRunCreateRequest,
    SpreadLegSelection,
    SpreadSpec,
)
from kite_algo_worker.options.resolvers import (
    resolve_delta_leg,
    resolve_offset_leg,
    resolve_option_contracts,
    resolve_option_leg,
    resolve_spread,
)
from kite_algo_worker.options.structures import option_leg

__all__ = [
    "OptionEntryPreviewRequest",
    "OptionExecutionLeg",
    "OptionExpirySnapshot",
    "OptionRunActionRequest",
    "OptionRunCreateRequest",
    "OptionWorkerClient",
    "SpreadLegSelection",
    "SpreadSpec",
    "option_leg",
    "resolve_delta_leg",
    "resolve_offset_leg",
    "resolve_option_contracts",
    "resolve_option_leg",
    "resolve_spread",
]
