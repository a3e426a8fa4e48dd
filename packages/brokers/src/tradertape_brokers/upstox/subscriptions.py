"""What the feed's clients want, each for itself, and what is asked for next. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from tradertape_brokers.upstox.messages import Mode, request

_A_FRAME = 500  # keys


@dataclass(slots=True)
class Subscriptions:
    """Keys with their modes by client; of several modes of a key the fullest is asked for.

    most: how many keys a connection may have; what is wanted beyond it is left out, the last asked
    for first.
    """

    most: int
    _wanted: dict[Hashable, dict[str, Mode]] = field(
        default_factory=dict[Hashable, dict[str, Mode]]
    )

    def set(self, client: Hashable, wanted: Mapping[str, Mode]) -> None:
        """What a client wants from now on, in place of what it wanted."""
        if wanted:
            self._wanted[client] = dict(wanted)
        else:
            self._wanted.pop(client, None)

    @property
    def modes(self) -> dict[str, Mode]:
        """What to subscribe to: each key once, whoever wants it."""
        found = self._all
        return {key: found[key] for key in list(found)[: self.most]}

    @property
    def left_out(self) -> tuple[str, ...]:
        """Keys that are wanted and have no place."""
        return tuple(self._all)[self.most :]

    @property
    def _all(self) -> dict[str, Mode]:
        found: dict[str, Mode] = {}
        for wanted in self._wanted.values():
            for key, mode in wanted.items():
                found[key] = mode if found.get(key) is not Mode.FULL else Mode.FULL
        return found


def requests_between(before: Mapping[str, Mode], after: Mapping[str, Mode]) -> list[bytes]:
    """The frames that lead from what a connection is subscribed to, to what is wanted.

    What is dropped goes first, so that the connection's limit is never passed on the way.
    """
    frames = _frames("unsub", [key for key in before if key not in after], None)
    for mode in Mode:
        changed = [key for key, one in after.items() if one is mode and before.get(key) != one]
        known = [key for key in changed if key in before]
        frames += _frames("change_mode", known, mode)
        frames += _frames("sub", [key for key in changed if key not in before], mode)
    return frames


def _frames(method: str, keys: list[str], mode: Mode | None) -> list[bytes]:
    parts = [keys[at : at + _A_FRAME] for at in range(0, len(keys), _A_FRAME)]
    return [request(method, part, mode) for part in parts]
