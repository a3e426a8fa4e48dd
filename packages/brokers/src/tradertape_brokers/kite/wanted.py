"""What the ticker's clients want, each for itself, and which socket carries it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Final

from tradertape_brokers.feed import TickMode
from tradertape_core.market.instrument import Instrument

SOCKETS: Final = 3  # of an API key. Source: kite.trade/docs/connect/v3/websocket
MOST_OF_A_SOCKET: Final = 3000


class Wanted:
    """The desired subscriptions. An instrument stays on its socket. Any thread may call."""

    def __init__(self, most_of_a_socket: int = MOST_OF_A_SOCKET) -> None:
        self._most = most_of_a_socket
        self._lock = threading.Lock()
        self._clients: dict[str, dict[int, TickMode]] = {}
        self._sockets: dict[int, int] = {}
        self._taken = [0] * SOCKETS
        self._instruments: dict[int, Instrument] = {}

    def add(self, client: str, instruments: Iterable[Instrument], mode: TickMode) -> frozenset[str]:
        """Add a client's instruments; returns the ids for which there is no place."""
        refused: set[str] = set()
        with self._lock:
            wanted = self._clients.setdefault(client, {})
            for one in instruments:
                token = one.instrument_token
                if token not in self._sockets and not self._place(token):
                    refused.add(one.id)
                    continue
                self._instruments[token] = one
                wanted[token] = mode
        return frozenset(refused)

    def remove(self, client: str, instruments: Iterable[Instrument] | None) -> None:
        """Remove a client's instruments, all of them when None."""
        with self._lock:
            mine = self._clients.get(client, {})
            gone = tuple(mine) if instruments is None else [i.instrument_token for i in instruments]
            for token in gone:
                mine.pop(token, None)
            if not mine:
                self._clients.pop(client, None)
            left = {token for wanted in self._clients.values() for token in wanted}
            for token in self._sockets.keys() - left:
                self._taken[self._sockets.pop(token)] -= 1
                del self._instruments[token]

    def of_socket(self, number: int) -> Mapping[int, TickMode]:
        """The tokens of a socket, each with the highest mode that a client asks for."""
        found: dict[int, TickMode] = {}
        with self._lock:
            for wanted in self._clients.values():
                for token, mode in wanted.items():
                    before = found.get(token)
                    if self._sockets[token] == number and (
                        before is None or mode.rank > before.rank
                    ):
                        found[token] = mode
        return found

    def instrument(self, token: int) -> Instrument | None:
        """The instrument of a token that is wanted."""
        return self._instruments.get(token)

    @property
    def count(self) -> int:
        """How many instruments are wanted, whoever wants them."""
        return len(self._sockets)

    def _place(self, token: int) -> bool:
        """Give a token a place on the first socket that has one."""
        for number, count in enumerate(self._taken):
            if count < self._most:
                self._sockets[token] = number
                self._taken[number] += 1
                return True
        return False
