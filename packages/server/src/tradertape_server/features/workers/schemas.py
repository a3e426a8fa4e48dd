"""Request bodies of the worker API. Orders and protections are parsed by the core, not here."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import to_json

from tradertape_server.features.auth.token_scope import AccountScope
from tradertape_server.platform.http.routing import Body

Json = dict[str, Any]

# Ids are used in paths unescaped, so they hold no character with a meaning there.
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+=,~-]{0,119}")


def _matches(pattern: re.Pattern[str], example: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"must look like {example}")
        return value

    return AfterValidator(check)


RunId = Annotated[
    str,
    Field(json_schema_extra={"pattern": f"^{RUN_ID.pattern}$"}),
    _matches(RUN_ID, "run_basic_equity_001: letters, digits and . _ : @ + = , ~ -"),
]
Document = dict[str, JsonValue]

# Bytes of JSON: these are stored with every order, or with a run, and read with each of them.
MOST_OF_A_NOTE = 16_384
MOST_OF_A_RUN = 65_536


def _demand_size(document: Any, most: int, what: str = "") -> None:
    if document and (length := len(to_json(document))) > most:
        raise ValueError(f"{what}must be at most {most} bytes of JSON, had {length}")


def _at_most(most: int) -> AfterValidator:
    def check(document: Any) -> Any:
        _demand_size(document, most)
        return document

    return AfterValidator(check)


# Free documents of the worker, stored as they are.
Note = Annotated[Document, _at_most(MOST_OF_A_NOTE)]
RunDocument = Annotated[Document, _at_most(MOST_OF_A_RUN)]
RunDocuments = Annotated[list[Document], Field(max_length=50), _at_most(MOST_OF_A_RUN)]


class NewRun(Body):
    """Create a run, or find the existing one."""

    template_id: Annotated[str, Field(min_length=1, max_length=200)]
    account_scope: AccountScope
    execution_mode: Literal["dry_run", "paper", "live"] = "paper"
    strategy_run_id: RunId | None = None
    summary_fields: RunDocuments = Field(default_factory=list[Document])
    risk_schema: RunDocuments = Field(default_factory=list[Document])
    allowed_actions: list[Annotated[str, Field(max_length=60)]] = Field(
        default=["edit_risk", "exit_strategy"], max_length=50
    )
    runtime_state: RunDocument = Field(default_factory=dict[str, JsonValue])
    metadata: RunDocument = Field(default_factory=dict[str, JsonValue])


class Heartbeat(Body):
    """A heartbeat of a worker."""

    status: Annotated[str, Field(max_length=40)] = "healthy"
    metrics: Note = Field(default_factory=dict[str, JsonValue])
    worker_id: Annotated[str, Field(max_length=120)] | None = None


class ClaimIn(Body):
    """Who claims a run. A worker that died takes its claim over under the same `worker_id`."""

    worker_id: Annotated[str, Field(min_length=1, max_length=120)] | None = None


class DecisionEvent(Body):
    """A decision of the worker, in its own words. Further fields become the event's payload."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    event_type: Annotated[str, Field(min_length=1, max_length=60)]
    summary: Annotated[str, Field(min_length=1, max_length=2000)]
    details: Note | None = None
    related_resource_type: Annotated[str, Field(max_length=40)] | None = None
    related_resource_id: Annotated[str, Field(max_length=120)] | None = None

    @model_validator(mode="after")
    def _limit_further_fields(self) -> DecisionEvent:
        _demand_size(self.model_extra, MOST_OF_A_NOTE, "further fields ")
        return self


class OrderPreviewIn(Body):
    """An order to preview."""

    order: Document
    metadata: Note = Field(default_factory=dict[str, JsonValue])


class BasketPreviewIn(Body):
    """A basket to preview."""

    orders: list[Document]
    metadata: Note = Field(default_factory=dict[str, JsonValue])
    all_or_none: bool = False


class Intent(Body):
    """An order or a basket with its idempotency key."""

    intent_type: Literal["place_order", "place_basket"]
    payload: Document
    idempotency_key: str
    metadata: Note = Field(default_factory=dict[str, JsonValue])
    safety_token: str | None = None


class RiskPatch(Body):
    """New values of risk controls."""

    patch: Note
    reason: Annotated[str, Field(max_length=500)] | None = None


class ProtectionPatch(Body):
    """A protection that replaces the present one."""

    backend_protection: Document
    reason: Annotated[str, Field(max_length=500)] | None = None
    reset_trailing: bool = True


class ExitIn(Body):
    """Exit the run."""

    reason: Annotated[str, Field(max_length=500)] | None = None
    idempotency_key: Annotated[str, Field(max_length=160)] | None = None
    dry_run: bool = False


class CancelIn(Body):
    """Cancel an order."""

    strategy_run_id: str
    variety: str = "regular"


class ModifyIn(Body):
    """Change an order: the changed fields are given beside the run's id."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    strategy_run_id: str
    variety: str = "regular"
