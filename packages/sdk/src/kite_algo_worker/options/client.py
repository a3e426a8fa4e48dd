"""Option calls of the sync client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kite_algo_worker.endpoints import trading
from kite_algo_worker.options import endpoints, resolvers
from kite_algo_worker.options.models import OptionExecutionLeg, SpreadSpec
from kite_algo_worker.protocol.call import Call, Result, Sender

__all__ = ["OptionWorkerClient"]


class OptionWorkerClient:
    """Chains, Greeks, contract selection and option runs; the client's `options`.

    An option run's id works in the calls of ordinary runs too: safety check, profit and loss,
    timeline, orders.
    """

    def __init__(self, client: Sender) -> None:
        self._client = client

    def _send(self, call: Call[Result]) -> Result:
        return self._client._send(call)  # pyright: ignore[reportPrivateUsage] - a part of the client

    def ensure_session(self, underlying: str) -> dict[str, Any]:
        """Subscribe to an underlying's chain; return its state."""
        return self._send(endpoints.session(underlying))

    def list_expiries(self, underlying: str) -> dict[str, Any]:
        """Return `underlying`, `expiries` (`YYYY-MM-DD`, nearest first) and `spot_ltp` (rupees)."""
        return self._send(endpoints.expiries(underlying))

    def get_chain(self, underlying: str, *, expiry: str | None = None) -> dict[str, Any]:
        """Return the chain of an expiry: `nearest` (or None), `current_week`, a date.

        ```python
        client.options.get_chain("NIFTY", expiry="current_week")
        ```
        """
        return self._send(endpoints.of_expiry(underlying, "chain", expiry))

    def get_mini_chain(
        self, underlying: str, *, expiry: str | None = None, window: int = 5
    ) -> dict[str, Any]:
        """Return the `window` strikes on both sides of the money."""
        return self._send(endpoints.of_expiry(underlying, "mini-chain", expiry, window))

    def get_greeks(self, underlying: str, *, expiry: str | None = None) -> dict[str, Any]:
        """Return each contract's delta, gamma, theta per day and vega per volatility point."""
        return self._send(endpoints.of_expiry(underlying, "greeks", expiry))

    def get_pcr(self, underlying: str, *, expiry: str | None = None) -> dict[str, Any]:
        """Return the put-call ratio."""
        return self._send(endpoints.of_expiry(underlying, "analytics/pcr", expiry))

    def get_max_pain(self, underlying: str, *, expiry: str | None = None) -> dict[str, Any]:
        """Return the max-pain strike: where the open options expire at the least value."""
        return self._send(endpoints.of_expiry(underlying, "analytics/max-pain", expiry))

    def resolve_contracts(self, underlying: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Return the server's answer to `{"expiry": …, "legs": [selection, …]}`."""
        return self._send(endpoints.resolve_contracts(underlying, payload))

    def resolve_option_contracts(
        self, *, underlying: str, selection_payload: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Return the contracts of a selection; see the function of that name."""
        return resolvers.resolve_option_contracts(
            self, underlying=underlying, selection_payload=selection_payload
        )

    def resolve_option_leg(
        self,
        *,
        underlying: str,
        product: str,
        expiry: str,
        selection: Mapping[str, Any],
        transaction_type: str,
        lots: int = 1,
        order_type: str = "MARKET",
        price: float | None = None,
        trigger_price: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> OptionExecutionLeg:
        """Return the leg of a selection; see the function of that name."""
        return resolvers.resolve_option_leg(
            self,
            underlying=underlying,
            product=product,
            expiry=expiry,
            selection=selection,
            transaction_type=transaction_type,
            lots=lots,
            order_type=order_type,
            price=price,
            trigger_price=trigger_price,
            metadata=metadata,
        )

    def resolve_offset_leg(
        self,
        *,
        underlying: str,
        product: str,
        expiry: str,
        option_type: str,
        offset: str,
        transaction_type: str,
        lots: int = 1,
        order_type: str = "MARKET",
        price: float | None = None,
        trigger_price: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> OptionExecutionLeg:
        """Return the leg at a distance from the money; see the function of that name."""
        return resolvers.resolve_offset_leg(
            self,
            underlying=underlying,
            product=product,
            expiry=expiry,
            option_type=option_type,
            offset=offset,
            transaction_type=transaction_type,
            lots=lots,
            order_type=order_type,
            price=price,
            trigger_price=trigger_price,
            metadata=metadata,
        )

    def resolve_delta_leg(
        self,
        *,
        underlying: str,
        product: str,
        expiry: str,
        option_type: str,
        delta_target: float,
        transaction_type: str,
        lots: int = 1,
        order_type: str = "MARKET",
        price: float | None = None,
        trigger_price: float | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> OptionExecutionLeg:
        """Return the leg with the nearest delta; see the function of that name."""
        return resolvers.resolve_delta_leg(
            self,
            underlying=underlying,
            product=product,
            expiry=expiry,
            option_type=option_type,
            delta_target=delta_target,
            transaction_type=transaction_type,
            lots=lots,
            order_type=order_type,
            price=price,
            trigger_price=trigger_price,
            metadata=metadata,
        )

    def resolve_spread(
        self, *, underlying: str, product: str, spec: SpreadSpec
    ) -> list[OptionExecutionLeg]:
        """Return the legs of a spread; see the function of that name."""
        return resolvers.resolve_spread(self, underlying=underlying, product=product, spec=spec)

    def preview_strategy(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return payoff, margin and Greeks of legs that belong to no run."""
        return self._send(endpoints.preview_strategy(payload))

    def create_run(
        self,
        *,
        strategy_name: str,
        product: str,
        legs: Iterable[Mapping[str, Any] | OptionExecutionLeg],
        protection: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create an option run of legs; nothing is placed before `enter`.

        product: `MIS` or `NRML`, for legs without one of their own. legs: from the resolvers or
        `option_leg`. protection: `{"stoploss_pct": 2.0}` and the like. Return the run with its
        `strategy_run_id`. Raises TypeError for an unknown key of a leg.
        """
        return self._send(
            endpoints.create_run(
                strategy_name=strategy_name,
                product=product,
                legs=legs,
                protection=protection,
                metadata=metadata,
            )
        )

    def preview_entry(
        self,
        strategy_run_id: str,
        orders: Iterable[Mapping[str, Any]] | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        all_or_none: bool = False,
        payload: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return margin and charges of an entry; with `orders`, those of the orders."""
        if orders is not None and payload is None:
            return self._send(
                trading.preview_basket(strategy_run_id, orders, metadata, all_or_none=all_or_none)
            )
        return self._send(endpoints.preview_entry(strategy_run_id, payload))

    def preview_run_entry(
        self, strategy_run_id: str, payload: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return margin and charges of entering the run."""
        return self._send(endpoints.preview_entry(strategy_run_id, payload))

    def enter(
        self,
        strategy_run_id: str,
        payload: Mapping[str, Any] | None = None,
        *,
        safety_token: str | None = None,
        session_nonce: str | None = None,
    ) -> dict[str, Any]:
        """Place the run's legs.

        payload: `all_or_none`, `idempotency_key`, `mode`, `account_scope`, `metadata`; any other
        key raises TypeError. Raises as `place_order`.
        """
        return self._send(endpoints.enter(strategy_run_id, payload, safety_token, session_nonce))

    def preview_exit(
        self, strategy_run_id: str, payload: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the orders that an exit would place."""
        return self._send(endpoints.preview_exit(strategy_run_id, payload))

    def exit(
        self,
        strategy_run_id: str,
        payload: Mapping[str, Any] | None = None,
        *,
        safety_token: str | None = None,
        session_nonce: str | None = None,
    ) -> dict[str, Any]:
        """Close the run's legs. payload: as of `enter`."""
        return self._send(endpoints.exit_(strategy_run_id, payload, safety_token, session_nonce))

    def get_run_state(self, strategy_run_id: str) -> dict[str, Any]:
        """Return the run with its legs, their fills and their prices."""
        return self._send(endpoints.run_state(strategy_run_id))

    def update_protection(
        self,
        strategy_run_id: str,
        protection: Mapping[str, Any],
        *,
        session_nonce: str | None = None,
    ) -> dict[str, Any]:
        """Replace the protection of the run."""
        return self._send(endpoints.update_protection(strategy_run_id, protection, session_nonce))

    def get_protection_state(self, strategy_run_id: str) -> dict[str, Any]:
        """Return the state of the run's protection."""
        return self._send(endpoints.protection_state(strategy_run_id))

    def replay_protection(
        self,
        strategy_run_id: str,
        metric_snapshots: Iterable[Mapping[str, Any]],
        protection: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Replay a protection over past metric snapshots; nothing is placed."""
        call = endpoints.replay_protection(strategy_run_id, metric_snapshots, protection)
        return self._send(call)
