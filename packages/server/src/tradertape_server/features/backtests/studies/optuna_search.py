"""Optuna as a sampler whose memory is the stored rows: resumed, it proposes the same again."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tradertape_core.backtest.robustness.grid import Dimension

if TYPE_CHECKING:
    import optuna

# Proposed together, so that several processes have work; a fixed number, so that the search
# proposes the same on every machine.
BATCH = 8


class Sampler:
    """Tree-structured Parzen estimator, seeded: equal results lead to equal proposals."""

    def __init__(self, space: Sequence[Dimension], *, seed: int) -> None:
        import optuna  # noqa: PLC0415 - takes half a second; only searches need it

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space = space
        self._optuna = optuna
        sampler = optuna.samplers.TPESampler(seed=seed % 2**32)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._proposed: list[optuna.trial.Trial] = []

    def ask(self, count: int) -> list[dict[str, Any]]:
        """The next parameter values to try."""
        self._proposed = [self._study.ask() for _ in range(count)]
        return [self._suggested(trial) for trial in self._proposed]

    def tell(self, values: Sequence[float | None]) -> None:
        """Report the values of the last proposals, in their order; None: it failed."""
        for trial, value in zip(self._proposed, values, strict=True):
            if value is None:
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            else:
                self._study.tell(trial, value)
        self._proposed = []

    def _suggested(self, trial: optuna.trial.Trial) -> dict[str, Any]:
        with warnings.catch_warnings():
            # A range that its step does not divide ends at the last step, as in a grid.
            warnings.simplefilter("ignore", UserWarning)
            return {axis.name: _suggest(trial, axis) for axis in self._space}


def _suggest(trial: optuna.trial.Trial, axis: Dimension) -> Any:
    if axis.kind == "choice":
        return trial.suggest_categorical(axis.name, list(axis.choices))
    if axis.kind == "int":
        return trial.suggest_int(axis.name, int(axis.low), int(axis.high), step=int(axis.step or 1))
    value = trial.suggest_float(axis.name, axis.low, axis.high, step=axis.step)
    return round(value, 10)


def batches(total: int) -> list[range]:
    """The numbers of the trials, in the batches they are proposed in."""
    return [range(at, min(at + BATCH, total)) for at in range(0, total, BATCH)]
