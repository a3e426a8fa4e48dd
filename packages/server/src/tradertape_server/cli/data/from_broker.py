"""Daily prices of a connected broker for `tradertape data fetch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradertape_core.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tradertape_server.features.market.fetching.request import FetchReport
    from tradertape_server.features.market.progress import Progress


def fetch_from_broker(
    source: str,
    start: date,
    end: date | None,
    symbols: Sequence[str],
    universe: str,
    data_set: str,
    progress: Progress,
) -> FetchReport:
    """Download companies' daily candles with a session of this server, and import them.

    A sandbox's are put into a data set of their own: they are not the exchange's. Raises
    InvalidInput without companies, a session, or a day of trading.
    """
    from tradertape_server.cli.opening import opened
    from tradertape_server.features.brokerage.accounts import Environment
    from tradertape_server.features.instruments.broker_history import (
        connection_of,
        download_daily,
    )
    from tradertape_server.features.instruments.broker_masters import BrokerMasters
    from tradertape_server.features.market.fetching.request import FetchReport
    from tradertape_server.features.market.fetching.run import last_day, symbols_of
    from tradertape_server.features.market.importing.request import ImportRequest

    if not symbols and not universe:
        raise InvalidInput("name the companies: --symbols INFY,TCS or --universe nifty_50")
    with opened() as container:
        container.connections.step()
        connected = connection_of(container.connections, source)
        environment = connected.account.environment
        home, clock = container.market.home, container.clock
        masters = BrokerMasters(container.connections, environment, home / "instruments", clock)
        container.connections.find_with(masters.find)
        masters.refresh()
        report = FetchReport(source, start, last_day(clock, start, end))
        named = symbols_of(symbols, universe, start, report.end)
        is_sandbox = environment is Environment.SANDBOX
        name = f"sandbox-{data_set}" if is_sandbox else data_set
        folder = home / "downloads" / (f"sandbox-{source}" if is_sandbox else source)
        files = download_daily(connected, masters, named, report, folder, progress)
        if files:
            words = f"{connected.broker.title}{', sandbox' if is_sandbox else ''}"
            request = ImportRequest(paths=tuple(files), data_set=name, basis="split", source=words)
            report.imported = container.market.import_files(request, progress)
    return report
