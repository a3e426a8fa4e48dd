"""Instrument tokens as Kite has them: the exchange's number times 256, plus the segment's code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from tradertape_core.kernel.errors import InvalidInput

# The low byte of a token; codes of the published binary stream format.
SEGMENT_CODES: Mapping[str, int] = {
    "NSE": 1,
    "NFO": 2,
    "CDS": 3,
    "BSE": 4,
    "BFO": 5,
    "MCX": 7,
    "INDICES": 9,
}
LARGEST_EXCHANGE_TOKEN = 2**24 - 1  # a token fits four bytes


def instrument_token(exchange_token: int, segment: str) -> int:
    """Join the two; raises InvalidInput for an unknown segment or a number that does not fit."""
    code = SEGMENT_CODES.get(segment)
    if code is None or not 0 <= exchange_token <= LARGEST_EXCHANGE_TOKEN:
        raise InvalidInput(f"no token of segment {segment} for number {exchange_token}")
    return exchange_token * 256 + code


def numbers_for(names: Iterable[str], *, below: int, purpose: str) -> dict[str, int]:
    """Give each name a number in [1, below) that stays its own while the world around it changes.

    A number is drawn from the name alone; of two names that draw the same one, the later in the
    alphabet draws again. Raises InvalidInput when there are more names than numbers.
    """
    wanted = sorted(set(names))
    if len(wanted) >= below:
        raise InvalidInput(f"{len(wanted)} names do not fit {below} numbers")
    taken: set[int] = set()
    found: dict[str, int] = {}
    for name in wanted:
        attempt = 0
        while (number := _draw(f"{purpose}/{name}/{attempt}", below)) in taken:
            attempt += 1
        taken.add(number)
        found[name] = number
    return found


def _draw(text: str, below: int) -> int:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return 1 + int.from_bytes(digest, "big") % (below - 1)
