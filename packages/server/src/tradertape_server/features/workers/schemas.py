"""What comes over the worker wire. Orders and protections are read by the core, not here."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, JsonValue

from tradertape_server.features.auth.reach import AccountScope
from tradertape_server.platform.http import Answer, Body, IstTime

Json = dict[str, Any]

# Ids go into paths as they are, so they hold nothing a path gives a meaning.
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+=,~-]{0,119}")


def _matches(pattern: re.Pattern[str], example: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"must look like {example}")
        return value

    return AfterValidator(check)


RunId = Annotated[
    str, _matches(RUN_ID, "run_basic_equity_001: letters, digits and . _ : @ + = , ~ -")
]
Document = dict[str, JsonValue]


class NewRun(Body):
    """Create a run, or find it again."""

    template_id: Annotated[str, Field(min_length=1, max_length=200)]
    account_scope: AccountScope
    execution_mode: Literal["dry_run", "paper", "live"] = "paper"
    strategy_run_id: RunId | None = None
    summary_fields: list[Document] = Field(default_factory=list[Document], max_length=50)
    risk_schema: list[Document] = Field(default_factory=list[Document], max_length=50)
    allowed_actions: list[Annotated[str, Field(max_length=60)]] = Field(
        default=["edit_risk", "exit_strategy"]
    )
    runtime_state: Document = Field(default_factory=dict[str, JsonValue])
    metadata: Document = Field(default_factory=dict[str, JsonValue])


class Heartbeat(Body):
    """A sign of life."""

    status: Annotated[str, Field(max_length=40)] = "healthy"
    metrics: Document = Field(default_factory=dict[str, JsonValue])
    worker_id: Annotated[str, Field(max_length=120)] | None = None


class DecisionEvent(Body):
    """What the worker decided, in its own words. More fields are kept in the event's payload."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    event_type: Annotated[str, Field(min_length=1, max_length=60)]
    summary: Annotated[str, Field(min_length=1, max_length=2000)]
    details: Document | None = None
    related_resource_type: Annotated[str, Field(max_length=40)] | None = None
    related_resource_id: Annotated[str, Field(max_length=120)] | None = None


class OrderPreviewIn(Body):
    """An order to look at."""

    order: Document
    metadata: Document = Field(default_factory=dict[str, JsonValue])


class BasketPreviewIn(Body):
    """A basket to look at."""

    orders: list[Document]
    metadata: Document = Field(default_factory=dict[str, JsonValue])
    all_or_none: bool = False


class Intent(Body):
    """A wish with its key."""

    intent_type: Literal["place_order", "place_basket"]
    payload: Document
    idempotency_key: str
    metadata: Document = Field(default_factory=dict[str, JsonValue])
    safety_token: str | None = None


class RiskPatch(Body):
    """New values of risk controls."""

    patch: Document
    reason: Annotated[str, Field(max_length=500)] | None = None


class ProtectionPatch(Body):
    """A whole new protection."""

    backend_protection: Document
    reason: Annotated[str, Field(max_length=500)] | None = None
    reset_trailing: bool = True


class ExitIn(Body):
    """Leave the run."""

    reason: Annotated[str, Field(max_length=500)] | None = None
    idempotency_key: Annotated[str, Field(max_length=160)] | None = None
    dry_run: bool = False


class CancelIn(Body):
    """Take an order back."""

    strategy_run_id: str
    variety: str = "regular"


class ModifyIn(Body):
    """Change an order: the patch stands beside the run's id."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    strategy_run_id: str
    variety: str = "regular"


class KillSwitchIn(Body):
    """Turn a kill switch on or off."""

    active: bool
    reason: Annotated[str, Field(max_length=500)] = ""
    cancel_orders: bool = False
    exit_positions: bool = False


class KillSwitchOut(Answer):
    """A kill switch as it stands; `scope` is `server` when that one is on."""

    active: bool
    scope: Literal["user", "server"]
    reason: str | None = None
    since: IstTime | None = None
    by: str | None = None
