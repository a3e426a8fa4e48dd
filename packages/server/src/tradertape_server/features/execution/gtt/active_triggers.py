"""Active triggers in memory, by instrument: a tick checks those of its own alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tradertape_core.ledger.marks import is_plausible
from tradertape_core.market.tick import Tick
from tradertape_core.orders.gtt import Gtt, due_leg
from tradertape_server.features.execution.state.command import Command

Fire = Callable[[int, int], Command[None]]
IsHeldBack = Callable[[Gtt, int], bool]


@dataclass(slots=True)
class Triggers:
    """The active triggers. Changes count once they are committed; `fire` makes a hit's command."""

    fire: Fire
    _active: dict[str, dict[int, Gtt]] = field(default_factory=dict[str, dict[int, Gtt]])
    _staged: dict[int, Gtt] = field(default_factory=dict[int, Gtt])

    @property
    def instruments(self) -> frozenset[str]:
        """What must be watched."""
        return frozenset(self._active)

    def load(self, gtts: Iterable[Gtt]) -> None:
        """Replace what is in memory by the active triggers of the database."""
        self._active.clear()
        self._staged.clear()
        for gtt in gtts:
            self._put(gtt)

    def stage(self, gtt: Gtt) -> None:
        """Keep a change until its transaction is committed."""
        self._staged[gtt.trigger_id] = gtt

    def committed(self) -> None:
        """What was staged is on disk."""
        for gtt in self._staged.values():
            self._put(gtt)
        self._staged.clear()

    def forget_staged(self) -> None:
        """The transaction of what was staged is lost."""
        self._staged.clear()

    def due(self, ticks: Sequence[Tick], is_held_back: IsHeldBack) -> list[Command[None]]:
        """A command for every trigger these ticks reach; each fires once.

        is_held_back: whether a trigger is not to fire for now.
        """
        hits: dict[int, int] = {}
        for tick in filter(is_plausible, ticks):
            for gtt in self._active.get(tick.instrument_id, {}).values():
                leg = due_leg(gtt, tick.last_price)
                if leg is not None and not is_held_back(gtt, leg):
                    hits.setdefault(gtt.trigger_id, leg)
        return [self.fire(trigger_id, leg) for trigger_id, leg in hits.items()]

    def _put(self, gtt: Gtt) -> None:
        name = gtt.request.instrument
        waiting = self._active.setdefault(name, {})
        if gtt.is_active:
            waiting[gtt.trigger_id] = gtt
        else:
            waiting.pop(gtt.trigger_id, None)
        if not waiting:
            del self._active[name]
