"""Refusals of trading by hand."""

from __future__ import annotations

from collections.abc import Sequence

from tradertape_server.features.execution.live_accounts import Blocked
from tradertape_server.platform.errors import Conflict


class AccountBlocked(Conflict):
    """An account at a broker takes no orders now; `blocking_reasons` has all reasons."""

    def __init__(self, reasons: Sequence[Blocked]) -> None:
        super().__init__(
            ". ".join(one.words for one in reasons),
            code=reasons[0].code,
            more={"blocking_reasons": [f"{one.words} ({one.code})" for one in reasons]},
        )


class OfARun(Conflict):
    """A run's order is changed by its strategy."""

    def __init__(self, run: str) -> None:
        super().__init__(
            f"This order belongs to the run {run}, whose strategy changes it. Cancel it, or exit "
            "the run on its page.",
            code="order_of_a_run",
        )
