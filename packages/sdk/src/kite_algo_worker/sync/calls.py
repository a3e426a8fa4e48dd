"""Every call of the sync client, for `KiteAlgoWorkerClient` and the runs it manages."""

from __future__ import annotations

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.options.client import OptionWorkerClient
from kite_algo_worker.sync.market import MarketMethods
from kite_algo_worker.sync.monitoring import MonitoringMethods
from kite_algo_worker.sync.runs import RunMethods
from kite_algo_worker.sync.trading import TradingMethods


class WorkerCalls(RunMethods, TradingMethods, MonitoringMethods, MarketMethods):
    """All calls of the worker API. `options` has those of option runs."""

    def __init__(self, config: AlgoWorkerConfig) -> None:
        super().__init__(config)
        self.options = OptionWorkerClient(self)
