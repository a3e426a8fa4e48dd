"""The simulated market: invented prices of NSE's names, daily and live. May import the rest of
`market` and `kernel`.
"""

from tradertape_core.market.world.build import DEFAULT_SEED, generate
from tradertape_core.market.world.schedules import ActionKind
from tradertape_core.market.world.simulated import CorporateAction, World, WorldState

__all__ = ["DEFAULT_SEED", "ActionKind", "CorporateAction", "World", "WorldState", "generate"]
