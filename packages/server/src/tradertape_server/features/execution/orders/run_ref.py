"""What execution knows of a run, and of how it trades."""

from __future__ import annotations

from dataclasses import dataclass, field

from tradertape_core.execution.matching import PaperRules
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, Risk

BY_HAND = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRef:
    """Which run, on which account, at which venue, within which limits: all we know of a run.

    run_id: `BY_HAND` for orders that a person places: they are of no run, as those of GTTs are.
    """

    account_id: int
    run_id: str
    venue: str = "paper"
    risk: Risk = NO_RISK


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """opening_paise: of a new paper account. broker: whose charges are taken. rules: how kind the
    paper market is. strict_answers: the published client's own shape. market: what this server
    trades; accounts of another market rest."""

    opening_paise: int = 1_000_000_00
    broker: str = "zerodha"
    rules: PaperRules = field(default_factory=PaperRules)
    strict_answers: bool = False
    market: str = "simulated"
