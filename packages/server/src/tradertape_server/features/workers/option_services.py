"""Builds the services of option runs."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.options.chains import ChainReader
from tradertape_server.features.workers.console.option_pages import OptionPageService
from tradertape_server.features.workers.option_runs.replays import OptionReplays
from tradertape_server.features.workers.option_runs.service import OptionRunService
from tradertape_server.features.workers.option_runs.states import OptionStates
from tradertape_server.features.workers.service import Workers
from tradertape_server.features.workers.trading.safety_check import SafetyTokens
from tradertape_server.platform.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class OptionServices:
    """The services the routes of option runs call."""

    runs: OptionRunService
    states: OptionStates
    replays: OptionReplays
    pages: OptionPageService

    @classmethod
    def build(
        cls,
        workers: Workers,
        execution: ExecutionService,
        reader: ChainReader,
        feed: Feed,
        clock: Clock,
        secrets: SecretBox,
    ) -> OptionServices:
        """Join the parts to those of the workers."""
        tokens = SafetyTokens(secrets, clock)
        states = OptionStates(execution, workers.pnl, reader, clock)
        return cls(
            runs=OptionRunService(execution, workers.runs, workers.exits, tokens, reader),
            states=states,
            replays=OptionReplays(execution, feed),
            pages=OptionPageService(execution, workers.pages, states),
        )
