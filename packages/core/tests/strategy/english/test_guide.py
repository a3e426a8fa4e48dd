"""docs/strategies.md is executed: its JSON parses, and the English beneath is what we say.

A JSON block may be followed by a line `> English: …`. A block with a name is a whole strategy and
reads as its summary; blocks of a strategy read as their sections; a node reads as its phrase. Each
base model stands under its own heading, section by section, its JSON folded away below.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from tradertape_core.strategy.english.sentences import describe, phrase
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.base_models import BASE_MODELS
from tradertape_core.strategy.parse import blocks, tree
from tradertape_core.strategy.parse.document import BLOCKS, HEAD_KEYS, parse_strategy
from tradertape_core.strategy.parse.place import Place, Problems
from tradertape_core.strategy.parse.tree import read_condition, read_operand
from tradertape_indicators import SHORT_NAMES

PAGE = Path(__file__).parents[5] / "docs" / "strategies.md"
EXAMPLE = re.compile(
    r"^```json\n(?P<code>(?:(?!```).)*)```\n(?:\n> English: (?P<english>[^\n]+)\n)?", re.M | re.S
)
CONDITIONS = (
    "compare",
    "and",
    "or",
    "not",
    "cross",
    "between",
    "in",
    "for_bars",
    "count",
    "random",
)
SECTIONS = {
    "params": "Parameters",
    "filters": "Which stocks",
    "regime_filter": "Market",
    "entry_rules": "Buy",
    "entry": "Order",
    "exit_rules": "Sell",
    "stops": "Protection",
    "addon_rules": "Adding",
    "conviction_scoring": "Conviction",
}


def english(document: dict[str, Any]) -> str:
    if "name" in document and "base_model" in document:
        return describe(parse_strategy(document)).summary
    if "type" in document:
        return _phrase(document)
    bare = {"name": "Example", "base_model": "v0_dart_monkey", "exit_rules": []}
    told = describe(parse_strategy({**bare, **document}))
    wanted = [SECTIONS[key] for key in document if key in SECTIONS]
    sections = {section.title: section.sentences for section in told.sections}
    return " ".join(sentence for title in wanted for sentence in sections[title])


def _phrase(document: dict[str, Any]) -> str:
    problems = Problems()
    place = Place(document, "", problems)
    is_condition = document["type"] in CONDITIONS
    read = read_condition if is_condition else read_operand
    node = read(place, {}, "position")
    assert problems.found == []
    return phrase(node)


def examples() -> list[tuple[str, str | None]]:
    text = PAGE.read_text(encoding="utf-8")
    return [(match["code"], match["english"]) for match in EXAMPLE.finditer(text)]


@pytest.mark.parametrize(("code", "said"), examples())
def test_every_example_reads_as_the_guide_says(code: str, said: str | None):
    assert said is not None, f"no English under:\n{code}"
    assert english(json.loads(code)) == said


@pytest.mark.parametrize("name", BASE_MODELS)
def test_the_guide_shows_each_base_model_as_it_is(name: str):
    document: Any = BASE_MODELS[name]
    text = PAGE.read_text(encoding="utf-8")
    told = describe(parse_strategy(document))
    chapter = text.split(f"### {told.name}: `{name}`\n")[1].split("\n### ")[0]
    assert document["description"] in chapter
    for section in told.sections:
        assert f"> **{section.title}.** {' '.join(section.sentences)}\n" in chapter
    folded = re.search(r"    ```json\n(.*?)    ```", chapter, re.S)
    assert folded is not None
    assert json.loads(folded[1]) == document


@pytest.mark.parametrize(
    "words",
    [
        BLOCKS,
        HEAD_KEYS,
        CONDITIONS,
        tuple(SHORT_NAMES),
        get_args(rules.PositionField),
        tree.COMPARE_OPS,
        tree.ARITH_OPS,
        blocks.FILTER_KEYS,
        blocks.ENTRY_KEYS,
        blocks.EXIT_KEYS,
        blocks.STOP_KEYS,
        blocks.ADDON_KEYS,
        blocks.CONFIG_KEYS,
        ("indicator", "literal", "param", "position", "market", "arith"),
        ("bands", "condition", "linear", "gte", "lt", "points", "from", "to"),
    ],
)
def test_every_word_of_the_language_is_in_the_guide(words: tuple[str, ...]):
    text = PAGE.read_text(encoding="utf-8")
    missing = [word for word in words if f"`{word}`" not in text and f'"{word}"' not in text]
    assert missing == []
