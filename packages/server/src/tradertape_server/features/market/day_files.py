"""Days of the simulated market as they were built, on disk: a restart reads today's again."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec
import numpy as np

from tradertape_core.market.world.day import MarketDay
from tradertape_server.features.market.data_sets.store import write_atomically
from tradertape_server.platform.logging import get_logger

_DECODE = msgspec.json.Decoder(MarketDay)
# What a day is made by: with other code it is built anew.
_SOURCES = ("tradertape_core.market", "tradertape_core.kernel", "tradertape_server.features.market")

logger = get_logger(__name__)


class DayFiles:
    """The last few built days, each in a file with a checksum over its content and what made it."""

    def __init__(self, folder: Path, *, kept: int) -> None:
        self._folder = folder
        self._kept = kept

    def read(self, day: date, data_version: str) -> MarketDay | None:
        """The day, if it was built by this code on this data and is undamaged."""
        try:
            checksum, _, content = self._file(day).read_bytes().partition(b"\n")
            if checksum != _checksum(content, day, data_version):
                return None
            return _DECODE.decode(content)
        except (OSError, msgspec.MsgspecError):
            return None

    def write(self, day: date, built: MarketDay, data_version: str) -> None:
        """Keep a day, and the newest of the others; without disk space it is built again."""
        content = msgspec.json.encode(built)
        checksum = _checksum(content, day, data_version)
        try:
            write_atomically(self._file(day), checksum + b"\n" + content)
            for old in sorted(self._folder.glob("*.json"))[: -self._kept]:
                old.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("the day's market was not kept", problem=str(error))

    def _file(self, day: date) -> Path:
        return self._folder / f"{day.isoformat()}.json"


def _checksum(content: bytes, day: date, data_version: str) -> bytes:
    made_from = f"{day} {data_version} {_code()}\n".encode()
    return hashlib.sha256(made_from + content).hexdigest().encode()


@cache
def _code() -> str:
    text = hashlib.sha256(np.__version__.encode())
    for package in _SOURCES:
        for source in sorted(_sources(files(package)), key=str):
            text.update(source.read_bytes())
    return text.hexdigest()


def _sources(folder: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _sources(one)
        elif one.name.endswith(".py"):
            found.append(one)
    return found
