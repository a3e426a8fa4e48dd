"""Market data, the instruments, the processes that share them and the live feed."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.feed.build import LiveMarket, build_live_market
from tradertape_server.features.feed.live.feed_setup import open_exchange
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.instruments.traded_market import MarketChoice
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.operations.processes import Place, Processes
from tradertape_server.setting_groups import feed_options, paper_rules
from tradertape_server.wiring.base import Base


@dataclass(frozen=True, slots=True)
class MarketData:
    """The stored candles, the simulated market that continues them, and what is traded.

    masters: the brokers' lists, where the server trades a real market.
    """

    choice: MarketChoice
    masters: BrokerMasters | None
    market: MarketService
    world: LiveWorld
    instruments: InstrumentService


def build_market_data(base: Base, connections: Connections) -> MarketData:
    """The market that is traded, the data sets and the instruments."""
    choice = MarketChoice(base.database, base.clock, feed=base.settings.feed)
    market = MarketService(base.home, base.clock, data_set=base.settings.data_set)
    world = LiveWorld(market)
    masters = build_masters(base, connections, choice)
    instruments = InstrumentService(market, world, base.clock, home=base.home, masters=masters)
    return MarketData(choice, masters, market, world, instruments)


def build_masters(
    base: Base, connections: Connections, choice: MarketChoice
) -> BrokerMasters | None:
    """The brokers' lists of instruments; None while the simulated market is traded."""
    environment = choice.current.environment
    if environment is None:
        return None
    masters = BrokerMasters(connections, environment, base.home / "instruments", base.clock)
    connections.find_with(masters.find)
    return masters


def build_processes(base: Base, instruments: InstrumentService) -> Processes:
    """This process among the others on its database."""
    settings = base.settings
    place = Place(settings.role, settings.effective_address, settings.trader_lease_s)
    return Processes.join(
        base.database, place, settings.redis_url, base.secrets, base.bus, instruments
    )


def build_feed(
    base: Base, connections: Connections, data: MarketData, processes: Processes
) -> LiveMarket:
    """The live feed, shared with the other processes."""
    rules = paper_rules(base.settings)
    exchange = None
    if data.masters is not None:
        exchange = open_exchange(
            data.choice.current, base.clock, connections, data.masters, base.home,
            any_hour=base.settings.feed_any_hour,
        )  # fmt: skip
    live = build_live_market(
        feed_options(base.settings),
        base.clock,
        base.bus,
        data.market,
        data.world,
        data.instruments,
        share=processes.shared,
        record_file=base.settings.feed_record_file,
        with_depth=rules.partial_fills or rules.queue_share > 0,
        exchange=exchange,
    )
    processes.bind(live.feed, live.exchange)
    return live
