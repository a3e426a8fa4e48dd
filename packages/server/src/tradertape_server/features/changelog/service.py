"""Reads CHANGELOG.md (keepachangelog.com) into entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

_VERSION = re.compile(
    r"^## \[?(?P<version>[^\]\s]+)\]?(?:\s+[-–—]\s+(?P<date>\d{4}-\d\d-\d\d))?\s*$"
)
_SECTION = re.compile(r"^### (?P<title>.+?)\s*$")
_ITEM = re.compile(r"^[-*] (?P<text>.+?)\s*$")
_BREAKING = re.compile(r"^\*\*Breaking:?\*\*:?\s*", re.I)


@dataclass(slots=True)
class Entry:
    """One version: its sections in the file's order, each a list of items."""

    version: str
    date: date | None
    breaking: bool = False
    sections: dict[str, list[str]] = field(default_factory=dict)


class Changelog:
    """The changelog file, read again after a change."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._read: tuple[int, list[Entry]] | None = None

    def entries(self) -> list[Entry]:
        """Every version, in the file's order: the newest first."""
        if self._path is None or not self._path.is_file():
            return []
        changed = self._path.stat().st_mtime_ns
        if self._read is None or self._read[0] != changed:
            self._read = (changed, parse(self._path.read_text(encoding="utf-8")))
        return self._read[1]


def parse(text: str) -> list[Entry]:
    """Entries of a changelog. An item that starts with **Breaking** marks its version."""
    entries: list[Entry] = []
    section: list[str] | None = None
    for line in _joined(text):
        if found := _VERSION.match(line):
            day = found["date"]
            entries.append(Entry(found["version"], date.fromisoformat(day) if day else None))
            section = None
        elif not entries:
            continue
        elif found := _SECTION.match(line):
            section = entries[-1].sections.setdefault(found["title"], [])
        elif (found := _ITEM.match(line)) and section is not None:
            section.append(found["text"])
            entries[-1].breaking |= bool(_BREAKING.match(found["text"]))
    for entry in entries:
        entry.breaking |= "Breaking" in entry.sections
    return entries


def _joined(text: str) -> Iterator[str]:
    """Lines, with the continuation lines of an item joined to it."""
    held = ""
    for line in text.splitlines():
        if held and line.startswith("  ") and line.strip():
            held += f" {line.strip()}"
            continue
        if held:
            yield held
        held = line if _ITEM.match(line) else ""
        if not held:
            yield line
    if held:
        yield held
