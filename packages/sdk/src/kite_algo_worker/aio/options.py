"""Option calls of the asyncio client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kite_algo_worker.endpoints import trading
from kite_algo_worker.options import endpoints, resolvers
from kite_algo_worker.options.models import OptionExecutionLeg, SpreadLegSelection, SpreadSpec
from kite_algo_worker.protocol.call import AsyncSender, Call, Result


class AsyncOptionWorkerClient:
    """The calls of `OptionWorkerClient` as coroutines; the asyncio client's `options`.

    ```python
    leg = await client.options.resolve_offset_leg(
        underlying="NIFTY", product="MIS", expiry="current_week", option_type="CE", offset="ATM",
        transaction_type="BUY",
    )
    ```
    """

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def _send(self, call: Call[Result]) -> Result:
        return await self._client._send(call)  # pyright: ignore[reportPrivateUsage] - a part of the client

    async def ensure_session(self, underlying: str) -> dict[str, Any]:
        """Subscribe to an underlying's chain; return its state."""
        return await self._send(endpoints.session(underlying))

    async def list_expiries(self, underlying: str) -> dict[str, Any]:
        """Return `underlying`, `expiries` (`YYYY-MM-DD`, nearest first) and `spot_ltp` (rupees)."""
        return await self._send(endpoints.expiries(underlying))

    async def get_chain(self, underlying: str, *, expiry: str | None = None) -> dict[str, Any]:
        """Return the chain of an expiry: `nearest` (or None), `current_week`, a date."""
        return await self._send(endpoints.of_expiry(underlying, "chain", expiry))

    async def get_mini_chain(
        self, underlying: str, *, expiry: str | None = None, window: int = 5
    ) -> dict[str, Any]:
        """Return the `window` strikes on both sides of the money."""
        return await self._send(endpoints.of_expiry(underlying, "mini-chain", expiry, window))

    async def get_greeks(self, underlying: str, *, expiry: str | None = None) -> dict[str, Any]:
        """Return each contract's delta, gamma, theta per day and vega per volatility point."""
        return await self._send(endpoints.of_expiry(underlying, "greeks", expiry))

    async def get_pcr(self, underlying: str, *, expiry: str | None = None) -> dict[str, Any]:
        """Return the put-call ratio."""
        return await self._send(endpoints.of_expiry(underlying, "analytics/pcr", expiry))

    async def get_max_pain(self, underlying: str, *, expiry: str | None = None) -> dict[str, Any]:
        """Return the max-pain strike: where the open options expire at the least value."""
        return await self._send(endpoints.of_expiry(underlying, "analytics/max-pain", expiry))

    async def resolve_contracts(self, underlying: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Return the server's answer to `{"expiry": …, "legs": [selection, …]}`."""
        return await self._send(endpoints.resolve_contracts(underlying, payload))

    async def resolve_option_contracts(
        self, *, underlying: str, selection_payload: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Return the contracts of a selection, in its order; empty if none matches."""
        answer = await self.resolve_contracts(underlying, dict(selection_payload))
        return resolvers.contracts_of(answer)

    async def resolve_option_leg(
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
        """Return the leg of one selection, `{"option_type": "CE", "strike": 25000}`.

        lots: at least 1. Raises KiteAlgoWorkerError with status 422 when no contract fits.
        """
        wanted = SpreadLegSelection(
            selection=dict(selection),
            transaction_type=transaction_type,
            lots=lots,
            order_type=order_type,
            price=price,
            trigger_price=trigger_price,
            metadata=dict(metadata or {}),
        )
        asked = await self.resolve_contracts(
            underlying, resolvers.selection_request(expiry, [wanted])
        )
        found = resolvers.contracts_of(asked)
        return resolvers.only_leg_of(found, wanted, product, f"{underlying} {expiry}")

    async def resolve_offset_leg(
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
        """Return the leg at an offset from the money: `ATM`, `OTM1`, `ITM2`, `+1_strike` …"""
        return await self.resolve_option_leg(
            underlying=underlying,
            product=product,
            expiry=expiry,
            selection={"option_type": option_type, "offset": offset},
            transaction_type=transaction_type,
            lots=lots,
            order_type=order_type,
            price=price,
            trigger_price=trigger_price,
            metadata=metadata,
        )

    async def resolve_delta_leg(
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
        """Return the leg whose delta is nearest to `delta_target`, 0 to 1, without its sign."""
        return await self.resolve_option_leg(
            underlying=underlying,
            product=product,
            expiry=expiry,
            selection={"option_type": option_type, "delta_target": delta_target},
            transaction_type=transaction_type,
            lots=lots,
            order_type=order_type,
            price=price,
            trigger_price=trigger_price,
            metadata=metadata,
        )

    async def resolve_spread(
        self, *, underlying: str, product: str, spec: SpreadSpec
    ) -> list[OptionExecutionLeg]:
        """Return the legs of a spread, in its order, from one request."""
        asked = await self.resolve_contracts(
            underlying, resolvers.selection_request(spec.expiry, spec.legs)
        )
        return resolvers.legs_of(resolvers.contracts_of(asked), spec, product, underlying)

    async def preview_strategy(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return payoff, margin and Greeks of legs that belong to no run."""
        return await self._send(endpoints.preview_strategy(payload))

    async def create_run(
        self,
        *,
        strategy_name: str,
        product: str,
        legs: Iterable[Mapping[str, Any] | OptionExecutionLeg],
        protection: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Create an option run of legs; nothing is placed before `enter`."""
        return await self._send(
            endpoints.create_run(
                strategy_name=strategy_name,
                product=product,
                legs=legs,
                protection=protection,
                metadata=metadata,
            )
        )

    async def preview_entry(
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
            return await self._send(
                trading.preview_basket(strategy_run_id, orders, metadata, all_or_none=all_or_none)
            )
        return await self._send(endpoints.preview_entry(strategy_run_id, payload))

    async def preview_run_entry(
        self, strategy_run_id: str, payload: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return margin and charges of entering the run."""
        return await self._send(endpoints.preview_entry(strategy_run_id, payload))

    async def enter(
        self,
        strategy_run_id: str,
        payload: Mapping[str, Any] | None = None,
        *,
        safety_token: str | None = None,
        session_nonce: str | None = None,
    ) -> dict[str, Any]:
        """Place the run's legs. payload: `all_or_none`, `idempotency_key`, `mode` …"""
        call = endpoints.enter(strategy_run_id, payload, safety_token, session_nonce)
        return await self._send(call)

    async def preview_exit(
        self, strategy_run_id: str, payload: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the orders that an exit would place."""
        return await self._send(endpoints.preview_exit(strategy_run_id, payload))

    async def exit(
        self,
        strategy_run_id: str,
        payload: Mapping[str, Any] | None = None,
        *,
        safety_token: str | None = None,
        session_nonce: str | None = None,
    ) -> dict[str, Any]:
        """Close the run's legs. payload: as of `enter`."""
        call = endpoints.exit_(strategy_run_id, payload, safety_token, session_nonce)
        return await self._send(call)

    async def get_run_state(self, strategy_run_id: str) -> dict[str, Any]:
        """Return the run with its legs, their fills and their prices."""
        return await self._send(endpoints.run_state(strategy_run_id))

    async def update_protection(
        self,
        strategy_run_id: str,
        protection: Mapping[str, Any],
        *,
        session_nonce: str | None = None,
    ) -> dict[str, Any]:
        """Replace the protection of the run."""
        call = endpoints.update_protection(strategy_run_id, protection, session_nonce)
        return await self._send(call)

    async def get_protection_state(self, strategy_run_id: str) -> dict[str, Any]:
        """Return the state of the run's protection."""
        return await self._send(endpoints.protection_state(strategy_run_id))

    async def replay_protection(
        self,
        strategy_run_id: str,
        metric_snapshots: Iterable[Mapping[str, Any]],
        protection: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Replay a protection over past metric snapshots; nothing is placed."""
        call = endpoints.replay_protection(strategy_run_id, metric_snapshots, protection)
        return await self._send(call)
