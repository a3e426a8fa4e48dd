"""Conversions of positions to another product: at the broker first, then in the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from tradertape_brokers import errors as broker
from tradertape_brokers.portfolio import Conversion, ConversionPort, PositionKind
from tradertape_core.kernel.clock import Clock
from tradertape_core.orders.order import Product, Side
from tradertape_server.features.brokerage.accounts import Connected
from tradertape_server.features.execution.live_accounts import LiveAccounts
from tradertape_server.features.execution.orders import converting
from tradertape_server.features.execution.orders.converting import Asked, WantedConversion
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.trading_accounts import PAPER, TradingAccount
from tradertape_server.features.trading.schemas import ConvertIn
from tradertape_server.platform.errors import Conflict, Unavailable

SETTLED_AFTER = timedelta(minutes=1)  # that a broker shows no change until it made none


@dataclass(frozen=True, slots=True)
class Conversions:
    """Converts what belongs to no run or portfolio."""

    execution: ExecutionService
    live: LiveAccounts
    clock: Clock

    def convert(self, user_id: int, account: TradingAccount, body: ConvertIn, key: str) -> None:
        """Convert a position, once for a key. Raises InvalidInput, Conflict, Unavailable."""
        wanted = WantedConversion(
            account_id=account.id, instrument=body.instrument,
            old_product=Product(body.old_product), new_product=Product(body.new_product),
            quantity=body.quantity, key=sha256(key.encode()).hexdigest()[:32],
        )  # fmt: skip
        if account.kind == PAPER:
            self.execution.trader.execute(converting.ask(wanted))
            return
        one = self.live.connected(user_id, account.scope)
        if one is None:
            raise Conflict("Nobody is signed in at the broker: sign in again.", code="no_session")
        if one.ports.conversions is None:
            raise Conflict(
                f"{one.broker.title} converts positions in its own app only.", code="no_conversions"
            )
        self._at_broker(one, one.ports.conversions, wanted)

    def _at_broker(self, one: Connected, port: ConversionPort, wanted: WantedConversion) -> None:
        execute = self.execution.trader.execute
        asked = execute(converting.ask(wanted, _units(one, wanted)))
        if asked.is_done:
            return
        if asked.is_new:
            try:
                port.convert(_request(wanted, asked))
            except broker.OutcomeUnknown:
                pass  # looked for below, and never asked again
            except broker.BrokerError as error:
                execute(converting.record(wanted, asked, refused=str(error)))
                raise Conflict(f"{one.broker.title}: {error}", code="not_converted") from error
            else:
                execute(converting.record(wanted, asked))
                return
        self._look(one, wanted, asked)

    def _look(self, one: Connected, wanted: WantedConversion, asked: Asked) -> None:
        """Find out from the broker's positions what became of one without an answer."""
        moved = (asked.at_broker or 0) - _units(one, wanted)
        if moved == asked.conversion.quantity:
            self.execution.trader.execute(converting.record(wanted, asked))
            return
        if moved == 0 and self.clock.now() - asked.conversion.at >= SETTLED_AFTER:
            why = "the broker did not do it"
            self.execution.trader.execute(converting.record(wanted, asked, refused=why))
            raise Conflict("The broker did not convert it: ask again.", code="not_converted")
        raise Unavailable(
            f"{one.broker.title}'s answer was lost, and its positions do not show yet what it did. "
            "Send the same request again in a minute: nothing is converted twice.",
            code="conversion_unknown",
        )


def _units(one: Connected, wanted: WantedConversion) -> int:
    """Units of the old product that the broker has now, of everybody's there."""
    if one.ports.portfolio is None:
        raise Unavailable(f"{one.broker.title} does not tell positions.")
    try:
        rows = one.ports.portfolio.positions()
    except broker.BrokerError as error:
        raise Unavailable(f"{one.broker.title}'s positions cannot be read: {error}") from error
    return sum(
        row.quantity
        for row in rows
        if row.kind is PositionKind.NET
        and (f"{row.exchange}:{row.tradingsymbol}", row.product)
        == (wanted.instrument, wanted.old_product)
    )


def _request(wanted: WantedConversion, asked: Asked) -> Conversion:
    exchange, _, symbol = wanted.instrument.partition(":")
    return Conversion(
        exchange=exchange, tradingsymbol=symbol,
        side=Side.BUY if asked.conversion.quantity > 0 else Side.SELL, quantity=wanted.quantity,
        old_product=wanted.old_product, new_product=wanted.new_product,
        is_overnight=asked.is_overnight,
    )  # fmt: skip
