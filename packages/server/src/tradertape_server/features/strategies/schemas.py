"""Request and response bodies of strategies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tradertape_server.platform.http.routing import Body

Tree = dict[str, Any]

# Fields that responses add to a document; core ignores the columns of the row itself.
ADDED_KEYS = frozenset({"is_mine", "template_key", "english", "expected_version"})


def without_added(document: Tree) -> Tree:
    """A document that was read from a response, without the fields that responses add."""
    return {key: value for key, value in document.items() if key not in ADDED_KEYS}


class StrategyDocument(BaseModel):
    """A strategy in the rule language (see the Strategies guide).

    Blocks left out come from the base model. Fields that the server sets (`id`,
    `version`, …) are ignored, so that what was read may be sent back.
    """

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    name: Annotated[str, Field(examples=["My dip buyer"])]
    base_model: Annotated[str, Field(examples=["v3_dip_buyer"])]
    description: str = ""
    tags: list[str] = Field(default_factory=list)
    is_active: bool = True
    params: Tree = Field(default_factory=dict)
    filters: Tree | None = None
    regime_filter: Tree | None = None
    entry_rules: Tree | None = None
    entry: Tree | None = None
    exit_rules: list[Tree] | None = None
    stops: Tree | None = None
    addon_rules: Tree | None = None
    conviction_scoring: list[Tree] | None = None
    config: Tree | None = None

    def document(self) -> dict[str, Any]:
        """The fields that were sent."""
        return without_added(self.model_dump(exclude_unset=True))


class StrategyReplacement(StrategyDocument):
    """The whole next version of a strategy."""

    expected_version: int | None = Field(
        default=None,
        ge=1,
        description="The version you changed. A save that would overwrite a later version then "
        "gets status 409.",
    )


class Owner(BaseModel):
    """Who a strategy belongs to, by display name only."""

    display_name: str


class ForkedFrom(BaseModel):
    """Where a fork comes from."""

    id: int
    version: int


class Section(BaseModel):
    """One part of a strategy in plain English."""

    title: str
    sentences: list[str]


class English(BaseModel):
    """A strategy in plain English."""

    summary: str
    sections: list[Section]


class StrategyOut(BaseModel):
    """A strategy: the whole document and the fields that the server sets."""

    model_config = ConfigDict(extra="allow")

    id: int
    user_id: int | None
    version: int
    name: str
    description: str
    base_model: str
    schema_version: int
    timeframe: str
    direction: str
    tags: list[str]
    params: Tree
    filters: Tree
    regime_filter: Tree | None
    entry_rules: Tree
    entry: Tree
    exit_rules: list[Tree]
    stops: Tree
    addon_rules: Tree
    conviction_scoring: list[Tree]
    config: Tree
    is_active: bool
    is_template: bool
    is_public: bool
    is_mine: bool
    template_key: str | None
    forked_from: ForkedFrom | None
    owner: Owner
    english: English
    created_at: datetime
    updated_at: datetime


class ForkIn(Body):
    """The name of a fork; default: that of its source, with "(fork)"."""

    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None


class ShareIn(Body):
    """Whether everybody may read it; without a value the present state is inverted."""

    is_public: bool | None = None


class RestoreIn(Body):
    """The version that the restore replaces, against two people saving at once."""

    expected_version: int | None = Field(default=None, ge=1)


class Finding(BaseModel):
    """One problem of a document: its place (RFC 6901 pointer) and how to correct it."""

    pointer: str
    message: str


class Validation(BaseModel):
    """The completed document with its description in English, or its problems."""

    valid: bool
    errors: list[Finding]
    document: Tree | None
    english: English | None


class VersionOut(BaseModel):
    """A saved version."""

    version: int
    name: str
    note: str
    created_at: datetime
    is_current: bool
    document: Tree


class IndicatorParamOut(BaseModel):
    """One parameter of an indicator."""

    name: str
    kind: str
    default: float
    minimum: float
    maximum: float


class IndicatorOut(BaseModel):
    """An indicator of the catalogue, for pickers."""

    name: str
    title: str
    family: str
    inputs: list[str]
    params: list[IndicatorParamOut]
    outputs: list[str]
    unit: str
    source: str
    warm_up: int
    is_boolean: bool


class ShortNameOut(BaseModel):
    """A fixed short name such as rsi14, and its indicator."""

    name: str
    fn: str
    params: dict[str, float]
    output: str
    title: str


class Catalogue(BaseModel):
    """Everything an operand can be."""

    indicators: list[IndicatorOut]
    short_names: list[ShortNameOut]
    position_fields: list[str]


class Explanation(BaseModel):
    """Why a symbol was or was not bought at a close: the tree with the values it saw."""

    symbol: str
    date: str
    is_signal: bool
    would_buy: bool
    conclusion: str
    candle: dict[str, Any] | None
    is_member: bool
    entry: dict[str, Any]
    filters: list[dict[str, Any]]
    regime: dict[str, Any] | None
    conviction: dict[str, Any] | None
    warnings: list[str]
