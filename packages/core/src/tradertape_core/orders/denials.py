"""Why we refuse, or warn: the reasons as codes and, in this one place, their words.

A denial is a result: the order was not placed, and nothing was sent to the venue.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradertape_core.kernel.format import grouped, price_text
from tradertape_core.kernel.python310 import StrEnum


class DenialReason(StrEnum):
    """Codes of refusals and of a preview's warnings, as the API has them."""

    # the instrument and its market
    NOT_TRADABLE = "not_tradable"
    EXPIRED = "expired"
    EXPIRY_TODAY = "expiry_today"
    NOT_A_TICK = "not_a_tick"
    NOT_A_LOT = "not_a_lot"
    OVER_FREEZE_QUANTITY = "over_freeze_quantity"
    TOO_MANY_SLICES = "too_many_slices"
    PRICE_OUTSIDE_CIRCUIT = "price_outside_circuit"
    COVER_OUTSIDE_CIRCUIT = "cover_outside_circuit"
    MARKET_CLOSED_USE_AMO = "market_closed_use_amo"
    NO_ORDERS_NOW = "no_orders_now"
    NOT_IN_AUCTION = "not_in_auction"
    NO_MARKET_PROTECTION = "no_market_protection"
    DISCLOSED_TOO_SMALL = "disclosed_too_small"
    SL_M_ON_OPTION = "sl_m_on_option"
    ICEBERG_TOO_SMALL = "iceberg_too_small"
    T2T_INTRADAY = "t2t_intraday"
    INTRADAY_OVER = "intraday_over"
    ILLIQUID = "illiquid"
    NO_PRICE = "no_price"
    # the order
    ORDER_CLOSED = "order_closed"
    ORDER_IN_DOUBT = "order_in_doubt"
    CANCEL_PENDING = "cancel_pending"
    MODIFY_PENDING = "modify_pending"
    NOTHING_TO_CHANGE = "nothing_to_change"
    BELOW_FILLED = "below_filled"
    MODIFICATION_CAP = "modification_cap"
    SLICED_PARENT = "sliced_parent"
    # the account
    INSUFFICIENT_MARGIN = "insufficient_margin"
    INSUFFICIENT_HOLDINGS = "insufficient_holdings"
    # a basket
    BASKET_REFUSED = "basket_refused"
    # triggers
    GTT_LIMIT = "gtt_limit"
    GTT_TOO_CLOSE = "gtt_too_close"
    GTT_SIDES = "gtt_sides"
    GTT_NOT_ACTIVE = "gtt_not_active"
    GTT_PRODUCT = "gtt_product"
    # risk
    KILL_SWITCH_ACTIVE = "kill_switch_active"
    TRADING_HALTED = "trading_halted"
    DAILY_LOSS_LIMIT = "daily_loss_limit"
    MAX_ORDERS_REACHED = "max_orders_reached"
    MAX_ORDER_VALUE = "max_order_value"
    MAX_POSITIONS = "max_positions"
    MAX_PER_SYMBOL = "max_per_symbol"
    EXPOSURE_CAP = "exposure_cap"
    ALLOCATION_CAP_REACHED = "allocation_cap_reached"
    CASH_BUFFER = "cash_buffer"
    PRICE_BAND = "price_band"
    MARKET_DATA_STALE = "market_data_stale"
    TIME_WINDOW = "time_window"
    SYMBOL_NOT_ALLOWED = "symbol_not_allowed"
    DUPLICATE_ORDER = "duplicate_order"
    RISK_RULE = "risk_rule"
    # a run
    RUN_NOT_OPEN = "run_not_open"
    RUN_EXITING = "run_exiting"
    RECONCILIATION_REQUIRED = "reconciliation_required"
    SESSION_NOT_CLAIMED = "session_not_claimed"
    SESSION_STALE = "session_stale"
    PROTECTION_TRIGGERED = "protection_triggered"
    PROTECTION_UNARMED = "protection_unarmed"
    MARKET_CLOSED = "market_closed"


WORDS: dict[DenialReason, str] = {
    DenialReason.NOT_TRADABLE: "{instrument} is an index: trade its futures, options or an ETF",
    DenialReason.EXPIRED: "{instrument} expired on {expiry}",
    DenialReason.EXPIRY_TODAY: "{instrument} expires today",
    DenialReason.NOT_A_TICK: "{field} must be a multiple of {tick}, was {value}; nearest: {near}",
    DenialReason.NOT_A_LOT: "quantity must be a multiple of {lot}, was {quantity}",
    DenialReason.OVER_FREEZE_QUANTITY: (
        "quantity must be at most {freeze} in one order, was {quantity}; set autoslice to split it"
    ),
    DenialReason.TOO_MANY_SLICES: (
        "quantity needs {slices} orders of {freeze}; one order is split into at most {most}: "
        "order {quantity} or less"
    ),
    DenialReason.PRICE_OUTSIDE_CIRCUIT: (
        "{field} must be between {low} and {high}, today's circuit limits, was {value}"
    ),
    DenialReason.COVER_OUTSIDE_CIRCUIT: (
        "{field} {value} from the entry at {entry} would be an order at {price}, which the "
        "exchange refuses: it accepts {low} to {high} today, so the position would be uncovered"
    ),
    DenialReason.MARKET_CLOSED_USE_AMO: (
        "the market is closed: place the order with variety amo to send it at the next open"
    ),
    DenialReason.NO_ORDERS_NOW: "{why}: place the order {then}, or with variety amo at any time",
    DenialReason.NOT_IN_AUCTION: "{field} {value} is not accepted in {auction}: {instead}",
    DenialReason.NO_MARKET_PROTECTION: (
        "exchanges refuse market orders sent by programs without market_protection; "
        "leave the field out or set -1"
    ),
    DenialReason.DISCLOSED_TOO_SMALL: (
        "disclosed_quantity must be at least {least}, 10% of the quantity of {quantity}, "
        "was {value}; 0 shows all of it"
    ),
    DenialReason.SL_M_ON_OPTION: (
        "the exchange refuses SL-M on options; the paper market accepts it, "
        "but at a broker use SL with a price"
    ),
    DenialReason.ICEBERG_TOO_SMALL: (
        "brokers accept icebergs worth {least} or more, this one is worth {value}; the paper "
        "market accepts it"
    ),
    DenialReason.T2T_INTRADAY: (
        "{instrument} settles trade for trade: intraday is not possible, use CNC"
    ),
    DenialReason.INTRADAY_OVER: (
        "intraday positions of {exchange} are closed from {due} on: use {instead}, or variety amo "
        "for the next session"
    ),
    DenialReason.ILLIQUID: "{instrument} has a wide or empty market: bid {bid}, ask {ask}",
    DenialReason.NO_PRICE: "{instrument} has no price yet",
    DenialReason.ORDER_CLOSED: "order {order_id} is {status} already",
    DenialReason.ORDER_IN_DOUBT: (
        "the venue's reply to order {order_id} was lost; it can be changed once its state is known"
    ),
    DenialReason.CANCEL_PENDING: "a cancel of order {order_id} is on its way",
    DenialReason.MODIFY_PENDING: "a change of order {order_id} is on its way; wait for its result",
    DenialReason.NOTHING_TO_CHANGE: "order {order_id} has these terms already",
    DenialReason.BELOW_FILLED: (
        "quantity must be above the {filled} that are filled, was {quantity}; cancel the rest"
    ),
    DenialReason.MODIFICATION_CAP: (
        "order {order_id} was changed {most} times, the most a broker allows: cancel it and place "
        "a new one"
    ),
    DenialReason.SLICED_PARENT: "order {order_id} was split: change its children {children}",
    DenialReason.INSUFFICIENT_MARGIN: (
        "Insufficient funds. Required margin is {required} but available margin is {available}."
    ),
    DenialReason.INSUFFICIENT_HOLDINGS: (
        "only {held} of {instrument} are held and free to sell with product {product}, "
        "was {quantity}"
    ),
    DenialReason.BASKET_REFUSED: (
        "leg {leg} of the basket was refused, so no leg was placed (all or none)"
    ),
    DenialReason.GTT_LIMIT: "{most} triggers are active, the most there can be: delete one first",
    DenialReason.GTT_TOO_CLOSE: (
        "trigger {trigger} must be at least {percent}% away from the last price {last_price}"
    ),
    DenialReason.GTT_SIDES: (
        "the two triggers must be on both sides of the last price {last_price}, "
        "were {low} and {high}"
    ),
    DenialReason.GTT_NOT_ACTIVE: "trigger {trigger_id} is {status}: only an active one can change",
    DenialReason.GTT_PRODUCT: "a trigger's order must have product CNC or NRML, was {product}",
    DenialReason.KILL_SWITCH_ACTIVE: "The kill switch is on: {why}. Only exits are accepted",
    DenialReason.TRADING_HALTED: "New positions are halted: {why}",
    DenialReason.DAILY_LOSS_LIMIT: (
        'Rejected by rule "Daily loss limit": today\'s loss {used} {is_over} the limit {limit}'
    ),
    DenialReason.MAX_ORDERS_REACHED: (
        'Rejected by rule "Orders a day": orders placed today: {used}, the limit is {limit}'
    ),
    DenialReason.MAX_ORDER_VALUE: (
        'Rejected by rule "Order value": the order is worth {used}, the limit is {limit}'
    ),
    DenialReason.MAX_POSITIONS: (
        'Rejected by rule "Open positions": {used} are open, the limit is {limit}'
    ),
    DenialReason.MAX_PER_SYMBOL: (
        'Rejected by rule "One symbol": {used} would be in {instrument}, the limit is {limit}'
    ),
    DenialReason.EXPOSURE_CAP: (
        'Rejected by rule "Exposure": {used} would be in the market, the limit is {limit}'
    ),
    DenialReason.ALLOCATION_CAP_REACHED: (
        'Rejected by rule "Allocation": the run {uses} {used}, the limit is {limit}'
    ),
    DenialReason.CASH_BUFFER: (
        'Rejected by rule "Cash buffer": {used} would stay free, the minimum is {limit}'
    ),
    DenialReason.PRICE_BAND: (
        'Rejected by rule "Price band": {field} {value} is {used} away from the last price '
        "{last_price}; the limit is {limit}: {low} to {high}"
    ),
    DenialReason.MARKET_DATA_STALE: 'Rejected by rule "Fresh prices": {what}',
    DenialReason.TIME_WINDOW: (
        'Rejected by rule "Time window": it is {used} (IST), new positions are allowed {limit}'
    ),
    DenialReason.SYMBOL_NOT_ALLOWED: (
        'Rejected by rule "Symbols": {instrument} is not among those this run may trade'
    ),
    DenialReason.DUPLICATE_ORDER: (
        'Rejected by rule "Duplicates": the same order was placed {used} ago, '
        "it may be repeated after {limit}"
    ),
    DenialReason.RISK_RULE: "{what}",
    DenialReason.RUN_NOT_OPEN: "the run is {status}{why}",
    DenialReason.RUN_EXITING: "the run is being exited",
    DenialReason.RECONCILIATION_REQUIRED: "{what}",
    DenialReason.SESSION_NOT_CLAIMED: "the session was released: claim it again",
    DenialReason.SESSION_STALE: (
        "the session has had no heartbeat for a minute: send one, then new positions are accepted"
    ),
    DenialReason.PROTECTION_TRIGGERED: "the protection has triggered{why}",
    DenialReason.PROTECTION_UNARMED: "the run requires a protection and none is armed",
    DenialReason.MARKET_CLOSED: "the market is closed",
}


@dataclass(frozen=True, slots=True)
class Denial:
    """One reason with its words; `pointer` names the field of the order, if one is to blame."""

    reason: DenialReason
    message: str
    pointer: str = ""


def denial(reason: DenialReason, *, pointer: str = "", **facts: object) -> Denial:
    """Return a denial with the words of its reason, prices and quantities as people write them."""
    texts = {name: _text_of(value) for name, value in facts.items()}
    return Denial(reason, WORDS[reason].format(**texts), pointer)


def _text_of(fact: object) -> object:
    if isinstance(fact, Decimal):
        return price_text(fact)
    return grouped(fact) if isinstance(fact, int) else fact
