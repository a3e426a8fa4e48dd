"""What the kill switch and the person's risk rules say of a signal's order before it is placed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.orders.denials import DenialReason
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios.live.orders import Orders
from tradertape_server.features.portfolios.live.run_ids import ref_of, run_id_of
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.platform.errors import ApiError

Json = dict[str, Any]
RISK_RULE = DenialReason.RISK_RULE.value
_HALTS = frozenset({RISK_RULE, DenialReason.TRADING_HALTED.value})
_NO_RULE = "No risk rule of yours refuses it now; they judge its order again when it is sent"
_BY_CANDLES = "Risk rules judge it when it is placed: candles fill this portfolio"
_REDUCES = "It closes a position: no risk rule refuses it"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Asks execution, which asks the rules; nothing is kept of the verdict."""

    execution: ExecutionService
    orders: Orders

    def against(self, row: PortfolioSignal, portfolio: Portfolio) -> str:
        """Why the person's risk rules or a halt would refuse an entry now; "" if not."""
        try:
            return "; ".join(self._refusals(row, portfolio, _HALTS))
        except InvalidInput as error:
            return error.message

    def results(self, row: PortfolioSignal, portfolio: Portfolio) -> list[Json]:
        """The verdicts on a signal that waits, each with its words."""
        return [self._switch(row, portfolio), *self._rules(row, portfolio)]

    def _switch(self, row: PortfolioSignal, portfolio: Portfolio) -> Json:
        halt = None if row.side == "SELL" else self.execution.halt(portfolio.user_id)
        text = "The kill switch is off" if halt is None else f"The kill switch is on: {halt.words}"
        if row.side == "SELL":
            text = "It closes a position: the kill switch does not keep it"
        return _result("kill_switch", passed=halt is None, text=text)

    def _rules(self, row: PortfolioSignal, portfolio: Portfolio) -> list[Json]:
        if row.side == "SELL":
            return [_result("risk_rules", passed=True, text=_REDUCES)]
        if portfolio.account_id is None:
            return [_result("risk_rules", passed=True, text=_BY_CANDLES)]
        try:
            refusals = self._refusals(row, portfolio, _HALTS)
        except InvalidInput as error:
            refusals = [error.message]
        except ApiError as error:
            refusals = [f"It could not be judged now: {error.detail}"]
        if not refusals:
            return [_result("risk_rules", passed=True, text=_NO_RULE)]
        return [_result("risk_rules", passed=False, text=one) for one in refusals]

    def _refusals(
        self, row: PortfolioSignal, portfolio: Portfolio, codes: frozenset[str]
    ) -> list[str]:
        wanted = self.orders.entry(row)
        if not wanted.document:
            return []
        orders = wanted.document.get("orders", [wanted.document])
        ref = ref_of(portfolio, row.run_id or run_id_of(portfolio, row.id))
        seen = self.execution.preview(ref, {**orders[0], "variety": "regular"})
        warnings: list[Json] = seen["order"]["warnings"]
        return [one["message"] for one in warnings if one["code"] in codes]


def _result(name: str, *, passed: bool, text: str) -> Json:
    return {"name": name, "passed": passed, "text": text}
