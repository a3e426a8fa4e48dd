"""Active triggers in memory, by instrument: a tick checks those of its own alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tradertape_core.ledger.marks import is_plausible
from tradertape_core.market.tick import Tick
from tradertape_core.orders.gtt import Gtt, due_leg
from tradertape_server.features.execution.state.command import Command

Fire = Callable[[Gtt, int], Command[None]]
IsHeldBack = Callable[[Gtt, int], bool]
Failed = Callable[[Gtt, Exception], None]


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

    def due(
        self, ticks: Sequence[Tick], is_held_back: IsHeldBack, failed: Failed
    ) -> list[Command[None]]:
        """A command for every trigger these ticks reach; each fires once.

        is_held_back: whether a trigger is not to fire for now. failed: told of one that cannot be
        judged, which does not keep the others.
        """
        hits: dict[int, tuple[Gtt, int]] = {}
        for tick in filter(is_plausible, ticks):
            for gtt in self._active.get(tick.instrument_id, {}).values():
                try:
                    leg = due_leg(gtt, tick.last_price)
                    if leg is not None and not is_held_back(gtt, leg):
                        hits.setdefault(gtt.trigger_id, (gtt, leg))
                except Exception as error:  # noqa: BLE001 - the other triggers are judged
                    failed(gtt, error)
        return [self.fire(gtt, leg) for gtt, leg in hits.values()]

    def _put(self, gtt: Gtt) -> None:
        name = gtt.request.instrument
        waiting = self._active.setdefault(name, {})
        if gtt.is_active:
            waiting[gtt.trigger_id] = gtt
        else:
            waiting.pop(gtt.trigger_id, None)
        if not waiting:
            del self._active[name]
