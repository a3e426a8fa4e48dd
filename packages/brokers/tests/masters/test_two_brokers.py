"""Every instrument of one broker's list is found in another's: both are the sandbox's."""

from __future__ import annotations

from kiteconnect import KiteConnect
from packages.brokers.tests.sandboxed import served_sandbox

from tradertape_brokers.kite.market_mapping import instruments_of
from tradertape_brokers.masters.checking import checked
from tradertape_brokers.masters.mapping import Mapping
from tradertape_brokers.upstox.instruments import FILE_PATH, UpstoxInstruments


def test_kites_and_upstoxs_lists_name_the_same_instruments():
    with served_sandbox() as running:
        client = KiteConnect("sandbox", root=f"http://127.0.0.1:{running.port}")
        kite = checked(instruments_of(client.instruments()))
        upstox = checked(UpstoxInstruments(running.url("upstox") + FILE_PATH).download())

    at_upstox, at_kite = Mapping("upstox", upstox), Mapping("kite", kite)

    assert len(kite) > 5000
    assert [at_upstox.find(one).id for one in kite] == [one.id for one in kite]
    assert [at_kite.find(one).id for one in upstox] == [one.id for one in upstox]
