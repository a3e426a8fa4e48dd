from __future__ import annotations

import pytest

from tradertape_core.market.sectors import sector_key, sector_name
from tradertape_core.market.universe_facts import FACTS


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Information Technology", "IT"),
        ("NIFTY IT", "IT"),
        (" fast moving consumer goods ", "FMCG"),
        ("Oil Gas & Consumable Fuels", "Oil & Gas"),
        ("OIL AND GAS", "Oil & Gas"),
        ("Media, Entertainment & Publication", "Media"),
        ("Automobile and Auto Components", "Automobile"),
        ("Construction Materials", "Cement"),
        ("Textiles", "Textiles"),
        ("-", ""),
        ("", ""),
    ],
)
def test_a_sector_has_one_name(text: str, name: str) -> None:
    assert sector_name(text) == name


def test_the_built_in_sectors_are_on_the_list_and_stay() -> None:
    for fact in FACTS.values():
        assert sector_name(fact.sector) == fact.sector
        assert sector_name(fact.sector.upper()) == fact.sector


def test_a_filter_finds_a_sector_by_any_of_its_names() -> None:
    assert sector_key("Metals & Mining") == sector_key("METALS") == "metals"
    assert sector_key("Steel") == sector_key("STEEL") != sector_key("Metals")
