"""The simulated market: a world of companies that looks like NSE's and is none of it."""

from tradertape_core.market.world.build import DEFAULT_SEED, generate
from tradertape_core.market.world.schedules import ActionKind
from tradertape_core.market.world.simulated import CorporateAction, World, WorldState

__all__ = ["DEFAULT_SEED", "ActionKind", "CorporateAction", "World", "WorldState", "generate"]
