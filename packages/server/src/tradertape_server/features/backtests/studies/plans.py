"""How each kind of study is computed, piece by piece, and the result of all pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from tradertape_core.backtest.robustness.grid import Dimension
from tradertape_core.backtest.robustness.lookahead import lookahead_check, recursive_analysis
from tradertape_core.backtest.robustness.montecarlo import monte_carlo, results_of
from tradertape_core.backtest.robustness.sweep import ranked
from tradertape_core.backtest.robustness.variant import decide, indicator_values
from tradertape_core.backtest.robustness.walkforward import Choice, Proof, Window, stitch
from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.strategy.parse.document import parse_strategy
from tradertape_server.features.backtests.studies import results
from tradertape_server.features.backtests.studies.goal import Goal
from tradertape_server.features.backtests.studies.optuna_search import Sampler, batches
from tradertape_server.features.backtests.studies.variant_work import (
    Opened,
    Variant,
    VariantWork,
)
from tradertape_server.platform.compute.service import Mapper

Json = dict[str, Any]
Rows = Mapping[int, Json]  # finished pieces by number


class Step(NamedTuple):
    """Pieces just finished, and how many units of work they are."""

    rows: list[tuple[int, Json]]
    units: int


class Plan(Protocol):
    """A study of one kind."""

    @property
    def total(self) -> int:
        """How many units of work there are."""
        ...

    def done(self, rows: Rows) -> int:
        """How many units these pieces are."""
        ...

    def steps(self, rows: Rows, mapper: Mapper) -> Iterator[Step]:
        """Compute the missing pieces, yielding each as it is finished."""
        ...

    def result(self, rows: Rows) -> Json:
        """The result of all pieces."""
        ...


@dataclass(slots=True)
class Sweep:
    """Every combination of the grid."""

    work: VariantWork
    points: Sequence[Json]
    goal: Goal

    @property
    def total(self) -> int:
        """A unit is a combination."""
        return len(self.points)

    def done(self, rows: Rows) -> int:
        """As many as there are rows."""
        return len(rows)

    def steps(self, rows: Rows, mapper: Mapper) -> Iterator[Step]:
        """Combinations in whatever order they finish."""
        missing = [number for number in range(self.total) if number not in rows]
        variants = [Variant(self.points[number]) for number in missing]
        for batch in mapper.map(variants):
            yield Step([(missing[at], row) for at, row in batch], len(batch))

    def result(self, rows: Rows) -> Json:
        """Best rows, heat maps, sensitivity and the deflated Sharpe ratio."""
        return results.of_variants(self.work, _ordered(rows), self.goal)


@dataclass(slots=True)
class Search:
    """Combinations that Optuna proposes, in batches that learn from the earlier ones."""

    work: VariantWork
    space: Sequence[Dimension]
    trials: int
    seed: int
    goal: Goal

    @property
    def total(self) -> int:
        """A unit is a trial."""
        return self.trials

    def done(self, rows: Rows) -> int:
        """As many as there are rows."""
        return len(rows)

    def steps(self, rows: Rows, mapper: Mapper) -> Iterator[Step]:
        """Replay the finished trials, then continue from there."""
        sampler = Sampler(self.space, seed=self.seed)
        for numbers in batches(self.trials):
            points = sampler.ask(len(numbers))
            found = {number: rows[number] for number in numbers if number in rows}
            missing = [number for number in numbers if number not in found]
            if missing:
                variants = [Variant(points[number - numbers.start]) for number in missing]
                for batch in mapper.map(variants):
                    fresh = [(missing[at], row) for at, row in batch]
                    found.update(fresh)
                    yield Step(fresh, len(fresh))
            if len(found) < len(numbers):
                return  # cancelled
            sampler.tell([self.goal.value(found[number]) for number in numbers])

    def result(self, rows: Rows) -> Json:
        """As for a sweep."""
        return results.of_variants(self.work, _ordered(rows), self.goal)


@dataclass(slots=True)
class WalkForward:
    """Choose the best combination on each training window, run it on the test window after it."""

    work: VariantWork
    windows: Sequence[Window]
    points: Sequence[Json]
    goal: Goal

    @property
    def total(self) -> int:
        """A unit is a backtest: each window has every combination in sample and one out of it."""
        return len(self.windows) * self._units

    @property
    def _units(self) -> int:
        return len(self.points) + 1

    def done(self, rows: Rows) -> int:
        """Whole windows."""
        return len(rows) * self._units

    def steps(self, rows: Rows, mapper: Mapper) -> Iterator[Step]:
        """Windows in order; one is finished with its backtest out of sample."""
        opened = self.work.open(self.work.load())
        for number, window in enumerate(self.windows):
            if number in rows:
                continue
            found: dict[int, Json] = {}
            variants = [Variant(p, window.train_start, window.train_end) for p in self.points]
            for batch in mapper.map(variants):
                found.update(batch)
                yield Step([], len(batch))
            if len(found) < len(self.points):
                return  # cancelled
            yield Step([(number, self._proven(opened, window, _ordered(found)))], 1)

    def _proven(self, opened: Opened, window: Window, rows: Sequence[Json]) -> Json:
        valid = [row for row in rows if "error" not in row]
        if not valid:
            raise InvalidInput(f"no combination could be run: {rows[0]['error']}")
        best = ranked(valid, self.goal.metric, min_trades=self.goal.min_trades)[0]
        chosen = best["parameters"]
        proof = self.work.prove(opened, Variant(chosen, window.test_start, window.test_end))
        return {
            "parameters": chosen,
            "in_sample": {name: value for name, value in best.items() if name != "parameters"},
            "out_of_sample": dict(proof.figures),
            "dates": list(proof.dates),
            "equity": list(proof.equity),
        }

    def result(self, rows: Rows) -> Json:
        """The windows and one equity curve out of sample."""
        capital = self.work.config.starting_capital
        done = [
            (
                self.windows[number],
                Choice(row["parameters"], row["in_sample"]),
                Proof(row["out_of_sample"], row["dates"], row["equity"], capital),
            )
            for number, row in sorted(rows.items())
        ]
        return {"kind": "walk_forward", **stitch(done, starting_capital=capital)}


@dataclass(slots=True)
class Single:
    """A study in one piece."""

    kind: str
    find: Callable[[], Json]
    total: int = field(default=1, init=False)

    def done(self, rows: Rows) -> int:
        """One or none."""
        return len(rows)

    def steps(self, rows: Rows, mapper: Mapper) -> Iterator[Step]:  # noqa: ARG002 - not distributed
        """The piece."""
        if not rows:
            yield Step([(0, self.find())], 1)

    def result(self, rows: Rows) -> Json:
        """The piece is the result."""
        return {"kind": self.kind, **rows[0]}


def monte_carlo_study(report: Json, options: Mapping[str, Any]) -> Single:
    """Monte Carlo simulation on the days or the trades of a report."""
    summary = report["summary"]
    results = results_of(report, options["method"])
    return Single(
        "monte_carlo",
        lambda: monte_carlo(
            results,
            starting_capital=summary["starting_capital"],
            actual_drawdown=summary["max_drawdown"],
            **options,
        ),
    )


def lookahead_study(work: VariantWork, *, samples: int, seed: int) -> Single:
    """Remove later candles and compare the decisions."""

    def find() -> Json:
        strategy, config = parse_strategy(work.document), work.config
        panel = work.load()
        found = lookahead_check(
            panel, lambda cut: decide(cut, strategy, config), samples=samples, seed=seed
        )
        work.require_unchanged()
        return found

    return Single("lookahead", find)


def recursive_study(work: VariantWork, *, bars: Sequence[int]) -> Single:
    """How much indicator values depend on the history before the first day."""

    def find() -> Json:
        strategy = parse_strategy(work.document)
        rows = recursive_analysis(
            work.load(), lambda cut: indicator_values(cut, strategy), start_up_bars=bars
        )
        work.require_unchanged()
        return {"rows": rows}

    return Single("recursive", find)


def _ordered(rows: Rows) -> list[Json]:
    return [rows[number] for number in sorted(rows)]
