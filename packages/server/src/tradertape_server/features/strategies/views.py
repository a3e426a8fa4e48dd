"""Strategies, versions and the catalogue as response bodies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from sqlalchemy.orm import Session

from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.strategy.english import sentences
from tradertape_core.strategy.language.document import to_document
from tradertape_core.strategy.language.rules import PositionField
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_indicators.catalogue import CATALOGUE, SHORT_NAMES
from tradertape_indicators.specs import IndicatorSpec
from tradertape_server.features.auth.queries import display_names
from tradertape_server.features.strategies.models import StrategyRow, StrategyVersion
from tradertape_server.features.strategies.schemas import (
    Catalogue,
    English,
    Finding,
    ForkedFrom,
    IndicatorOut,
    IndicatorParamOut,
    Owner,
    Section,
    ShortNameOut,
    StrategyOut,
    Validation,
    VersionOut,
)

SHIPPED_BY = "TraderTape"


def present(session: Session, rows: Iterable[StrategyRow], user_id: int) -> list[StrategyOut]:
    """Rows as the API shows them to one user."""
    rows = list(rows)
    owners = {row.user_id for row in rows if row.user_id is not None}
    names = display_names(session, owners)
    return [_strategy(row, user_id, names) for row in rows]


def _strategy(row: StrategyRow, user_id: int, names: dict[int, str]) -> StrategyOut:
    owner = SHIPPED_BY if row.user_id is None else names.get(row.user_id, "")
    forked_from = None
    if row.forked_from_id is not None:
        forked_from = ForkedFrom(id=row.forked_from_id, version=row.forked_from_version or 1)
    fields: dict[str, Any] = {
        **row.document,
        "id": row.id,
        "user_id": row.user_id,
        "version": row.version,
        "is_active": row.is_active,
        "is_template": row.is_template,
        "is_public": row.is_public,
        "is_mine": row.user_id == user_id,
        "template_key": row.template_key,
        "forked_from": forked_from,
        "owner": Owner(display_name=owner),
        "english": in_english(row.document),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
    return StrategyOut(**fields)


def present_version(version: StrategyVersion, current: int) -> VersionOut:
    """A saved version as the API shows it."""
    return VersionOut(
        version=version.version,
        name=version.name,
        note=version.note,
        created_at=version.created_at,
        is_current=version.version == current,
        document=version.document,
    )


def in_english(document: dict[str, Any]) -> English:
    """A complete document in plain English."""
    description = sentences.describe(parse_strategy(document))
    return English(
        summary=description.summary,
        sections=[
            Section(title=section.title, sentences=list(section.sentences))
            for section in description.sections
        ],
    )


def validate(document: dict[str, Any]) -> Validation:
    """Check a document without storing it."""
    try:
        strategy = parse_strategy(document)
    except InvalidDocument as error:
        errors = [Finding(pointer=one.pointer, message=one.message) for one in error.problems]
        return Validation(valid=False, errors=errors, document=None, english=None)
    whole = to_document(strategy)
    return Validation(valid=True, errors=[], document=whole, english=in_english(whole))


def catalogue() -> Catalogue:
    """Everything an operand can be, from the indicator catalogue."""
    return Catalogue(
        indicators=[_indicator(spec) for spec in CATALOGUE.values()],
        short_names=[
            ShortNameOut(
                name=name,
                fn=short.fn,
                params=dict(short.params),
                output=short.output,
                title=CATALOGUE[short.fn].title,
            )
            for name, short in SHORT_NAMES.items()
        ],
        position_fields=list(get_args(PositionField)),
    )


def _indicator(spec: IndicatorSpec) -> IndicatorOut:
    return IndicatorOut(
        name=spec.name,
        title=spec.title,
        family=spec.family,
        inputs=list(spec.inputs),
        params=[
            IndicatorParamOut(
                name=one.name,
                kind=one.kind,
                default=one.default,
                minimum=one.minimum,
                maximum=one.maximum,
            )
            for one in spec.params
        ],
        outputs=list(spec.outputs),
        unit=spec.unit,
        source=spec.source,
        warm_up=spec.warm_up({}),
        is_boolean=spec.boolean,
    )
