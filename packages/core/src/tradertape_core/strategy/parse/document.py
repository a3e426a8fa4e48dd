"""JSON to `Strategy`: the one reader of strategy documents (docs/strategies.md).

A document may leave whole blocks out: they come from its base model. A block that is written
is complete: its absent keys are off. `complete` writes all of it out, so what is stored
never depends on code that may change later.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace

from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.language.document import SCHEMA_VERSION, Document, to_document
from tradertape_core.strategy.parse import blocks
from tradertape_core.strategy.parse.place import Fields, Place, Problems
from tradertape_core.strategy.parse.tree import read_condition

# Blocks that the base model fills when the document leaves them out.
BLOCKS = (
    "params",
    "filters",
    "regime_filter",
    "entry_rules",
    "entry",
    "exit_rules",
    "stops",
    "addon_rules",
    "conviction_scoring",
    "config",
)
# Keys of the stored row: a document read from the API may be sent back as it is; they are not read.
ROW_KEYS = (
    "id",
    "user_id",
    "version",
    "is_active",
    "is_template",
    "is_public",
    "forked_from",
    "created_at",
    "updated_at",
    "owner",
)
HEAD_KEYS = (
    "name",
    "description",
    "base_model",
    "schema_version",
    "timeframe",
    "direction",
    "tags",
)


def parse_strategy(document: Mapping[str, object]) -> rules.Strategy:
    """Read a strategy document, blocks it leaves out taken from its base model.

    Raises InvalidDocument naming every problem found, each with its JSON pointer.
    """
    problems = Problems()
    strategy = _read(Place(document, "", problems))
    if problems.found:
        raise InvalidDocument(problems.found)
    return strategy


def complete(document: Mapping[str, object]) -> Document:
    """The whole document, every block and key written out: what is stored. Idempotent.

    Raises InvalidDocument like `parse_strategy`.
    """
    return to_document(parse_strategy(document))


def _read(place: Place) -> rules.Strategy:
    given = place.fields((*HEAD_KEYS, *BLOCKS), silent=ROW_KEYS)
    base_model = _base_model(given)
    fields = _filled(given, base_model)
    specs = blocks.read_params(fields.get("params"))
    params = {spec.name: spec.default for spec in specs}
    entry_rules = fields.require("entry_rules", "when to buy")
    strategy = rules.Strategy(
        name=_text(fields, "name", 120),
        description=_text(fields, "description", 5_000),
        tags=fields.texts("tags", 20, 40),
        base_model=base_model,
        param_specs=specs,
        params=params,
        entry_rules=read_condition(entry_rules, params, "entry") if entry_rules else rules.And(()),
        exit_rules=blocks.read_exits(fields.get("exit_rules"), params),
        filters=blocks.read_filters(fields.get("filters")),
        regime_filter=blocks.read_regime(fields.get("regime_filter"), params),
        entry=blocks.read_entry(fields.get("entry")),
        stops=blocks.read_stops(fields.get("stops")),
        addon_rules=blocks.read_addons(fields.get("addon_rules"), params),
        conviction_scoring=blocks.read_scores(fields.get("conviction_scoring"), params),
        config=blocks.read_config(fields.get("config")),
    )
    _read_fixed(fields)
    strategy = _with_tighter_limits(strategy, given)
    if strategy.stops.target_r and not (
        strategy.stops.stop_loss_pct or strategy.stops.atr_stop_mult
    ):
        place.at("stops", None).at("target_r", None).fail(
            "a target in R needs an initial risk: set stop_loss_pct or atr_stop_mult"
        )
    return strategy


def _base_model(fields: Fields) -> str:
    found = fields.require("base_model", f"one of {', '.join(BASE_MODELS)}")
    return found.choice(tuple(BASE_MODELS)) if found else next(iter(BASE_MODELS))


def _filled(given: Fields, base_model: str) -> Fields:
    """The document with absent blocks taken from the base model; null means none, not absent."""
    base = BASE_MODELS[base_model]
    missing = {key: copy.deepcopy(base[key]) for key in BLOCKS if not given.has(key)}
    return Fields(given.place, {**given.members, **missing})


def _text(fields: Fields, key: str, longest: int) -> str:
    if key == "name":
        found = fields.require("name", "what you call the strategy")
        return found.text(longest, shortest=1) if found else ""
    found = fields.get(key)
    return found.text(longest) if found else ""


def _read_fixed(fields: Fields) -> None:
    """The keys that allow one value so far."""
    fields.choice("timeframe", "day", ("day",))
    fields.choice("direction", "long", ("long",))
    fields.integer("schema_version", SCHEMA_VERSION, SCHEMA_VERSION, SCHEMA_VERSION)


def _with_tighter_limits(strategy: rules.Strategy, given: Fields) -> rules.Strategy:
    """Settle what both `config` and `stops` can set: the tighter wins and is set in both."""
    config, stops = strategy.config, strategy.stops
    atr = _tighter(given, "atr_stop_mult", "atr_stop_mult", config.atr_stop_mult, stops)
    hold = _tighter(given, "max_hold", "time_exit_days", config.max_hold, stops)
    days = None if hold is None else int(hold)
    return replace(
        strategy,
        config=replace(config, atr_stop_mult=atr or 0.0, max_hold=days),
        stops=replace(stops, atr_stop_mult=atr, time_exit_days=days),
    )


def _tighter(
    given: Fields,
    config_key: str,
    stops_key: str,
    of_config: float | None,
    stops: rules.Stops,
) -> float | None:
    """The smaller of what the document itself sets; what a base model fills in comes second.

    0 and null defer to the other side, and mean "off" where both do.
    """
    of_stops: float | None = getattr(stops, stops_key)
    in_config, in_stops = (
        key in (given.place.at(block, given.members.get(block)).members or {})
        for block, key in (("config", config_key), ("stops", stops_key))
    )
    values = [
        value
        for value, is_given in ((of_config, in_config), (of_stops, in_stops))
        if is_given and value
    ]
    if values:
        return min(values)
    if in_config or in_stops or given.has("stops"):
        return None
    return of_stops or of_config or None
