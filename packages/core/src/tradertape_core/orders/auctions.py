"""Which orders are taken outside continuous trading: in the pre-open and the closing auction.

Source: NSE/CMTR/74969 (pre-open from 7 September 2026), NSE/CMTR/74466 (closing auction from 3
August 2026). The closing auction takes no stop, immediate or disclosed-quantity order; that the
pre-open takes none either is the exchange's older rule, from memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from tradertape_core.market.session_times import PRE_OPEN, TAKES_ORDERS, PhaseKind
from tradertape_core.orders.denials import Denial, DenialReason, denial
from tradertape_core.orders.order import OrderRequest, OrderType, Validity, Variety

_R = DenialReason
_K = PhaseKind
_LIMIT_ONLY = frozenset({_K.PRE_OPEN_LIMIT_ONLY, _K.CLOSING_LIMIT_ONLY})
# Why nothing is taken, and when it is again.
_NOTHING_TAKEN = {
    _K.PRE_OPEN_MATCHING: ("the pre-open auction is being matched", "from 09:15 on"),
    _K.PRE_OPEN_BUFFER: ("the pre-open auction is over and trading begins at 09:15", "then"),
    _K.CLOSING_REFERENCE: (
        "shares with derivatives are on their way into the closing auction",
        "from 15:20 on",
    ),
    _K.CLOSING_MATCHING: ("the closing auction is being matched", "in the next session"),
    _K.POST_CLOSE: ("there is no post-close session on paper", "in the next session"),
}


def against_phase(
    request: OrderRequest, phase: PhaseKind | None, at: str = ""
) -> tuple[Denial, ...]:
    """Why the exchange would refuse this order in this phase; None: it is closed.

    at: pointer of the order in the caller's document. After-market orders are always taken.
    """
    if phase is _K.CONTINUOUS or request.variety is Variety.AMO:
        return ()
    if phase is None:
        return (denial(_R.MARKET_CLOSED_USE_AMO),)
    if phase not in TAKES_ORDERS:
        why, then = _NOTHING_TAKEN[phase]
        return (denial(_R.NO_ORDERS_NOW, why=why, then=then),)
    return tuple(_against_auction(request, phase, at))


def _against_auction(request: OrderRequest, phase: PhaseKind, at: str) -> Iterator[Denial]:
    auction = "the pre-open" if phase in PRE_OPEN else "the closing auction"

    def refused(field: str, value: object, instead: str) -> Denial:
        facts = {"field": field, "value": value, "auction": auction, "instead": instead}
        return denial(_R.NOT_IN_AUCTION, pointer=f"{at}/{field}", **facts)

    if request.variety is not Variety.REGULAR:
        yield refused("variety", request.variety.value, "use regular")
    if request.order_type.has_trigger:
        yield refused("order_type", request.order_type.value, "use LIMIT or MARKET")
    elif request.order_type is OrderType.MARKET and phase in _LIMIT_ONLY:
        yield refused("order_type", request.order_type.value, "its last minutes take LIMIT only")
    if request.validity is Validity.IOC:
        yield refused("validity", request.validity.value, "use DAY")
    if request.disclosed_quantity:
        yield refused("disclosed_quantity", request.disclosed_quantity, "leave it out")
