"""Options: the client's option calls, legs and spreads, and the resolution of contracts.

Public under these names. Imports `endpoints`, `models` and `exceptions`; never a client.
"""

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
