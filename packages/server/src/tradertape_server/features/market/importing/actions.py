"""Parsing of corporate actions (splits, bonuses, dividends) from three file formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.reference_rows import Action, Dividend
from tradertape_server.features.market.data_sets.universes import plain_symbol
from tradertape_server.features.market.importing.parsing.file_tables import Table
from tradertape_server.features.market.importing.parsing.layouts import plain
from tradertape_server.features.market.importing.parsing.values import as_days, as_texts

_NUMBER = r"(\d+(?:\.\d+)?)"
# "Face Value Split (Sub-Division) - From Rs 10/- Per Share To Rs 2/- Per Share", and "… To Re 1/-"
_FACE_VALUE = re.compile(rf"from\s+r[se]\.?\s*{_NUMBER}.*?to\s+r[se]\.?\s*{_NUMBER}", re.I)
_BONUS = re.compile(rf"bonus\s*(?:issue\s*)?-?\s*{_NUMBER}\s*:\s*{_NUMBER}", re.I)
_DIVIDEND = re.compile(rf"dividend[^/]*?r[se]\.?\s*{_NUMBER}", re.I)
_RATIO = re.compile(rf"^{_NUMBER}(?:\s*[:/]\s*{_NUMBER})?$")
_KINDS = ("split", "bonus", "consolidation")
BAD_DATE, BAD_RATIO, BAD_KIND = "date cannot be read", "ratio cannot be read", "unknown kind"
_LARGEST = 10_000.0


@dataclass(slots=True)
class ParsedActions:
    """The content of a file. rejects: line, symbol and reason of the rejected rows."""

    actions: list[Action] = field(default_factory=list)
    dividends: list[Dividend] = field(default_factory=list)
    rejects: list[tuple[int, str, str]] = field(default_factory=list)


def parse_actions(table: Table) -> ParsedActions:
    """Read actions and dividends of a table.

    It has the columns symbol and date or ex_date, and one of: kind and ratio (our format; ratio
    1:1 or 5); subject or purpose (NSE's list); split_ratio and dividend (Yahoo's format, with
    adjusted dividends). Raises InvalidInput for other columns.
    """
    headers = {plain(header): header for header in table.headers}
    when = headers.get("exdate") or headers.get("date")
    if "symbol" not in headers or when is None:
        raise InvalidInput("an actions file needs the columns symbol and ex_date")
    days, _ = as_days(table.cells[when])
    symbols = as_texts(table.cells[headers["symbol"]], plain_symbol)
    subject = headers.get("subject") or headers.get("purpose")
    if subject is not None:
        read, columns = _from_subject, (subject,)
    elif "splitratio" in headers or ("dividend" in headers and "kind" not in headers):
        read, columns = _yahoo, (headers.get("splitratio"), headers.get("dividend"))
    elif "ratio" in headers:
        read, columns = _ours, (headers.get("kind"), headers["ratio"])
    else:
        raise InvalidInput("an actions file needs ratio, subject or split_ratio; see the docs")
    cells = [_texts(table, name) for name in columns]
    found = ParsedActions()
    for i, line in enumerate(table.line.tolist()):
        if np.isnat(days[i]) or not symbols[i]:
            found.rejects.append((line, str(symbols[i]), BAD_DATE))
            continue
        for entry in read(symbols[i], days[i].item(), *(cell[i] for cell in cells)):
            _add_entry(entry, line, str(symbols[i]), found)
    return found


def _add_entry(entry: Any, line: int, symbol: str, found: ParsedActions) -> None:
    if isinstance(entry, Action):
        found.actions.append(entry)
    elif isinstance(entry, Dividend):
        found.dividends.append(entry)
    else:
        found.rejects.append((line, symbol, entry))


def _from_subject(symbol: str, day: date, text: str) -> Iterator[Action | Dividend | str]:
    """Parse NSE's free text; one row may have several: "Dividend - Rs 2 Per Share/Bonus 1:1"."""
    if bonus := _BONUS.search(text):
        new, held = float(bonus[1]), float(bonus[2])
        yield _checked(symbol, day, "bonus", (new + held) / held if held else 0.0)
    elif "bonus" in text.lower() and "debenture" not in text.lower():
        yield BAD_RATIO
    if re.search(r"split|sub-?\s?division|consolidation", text, re.I):
        if faces := _FACE_VALUE.search(text):
            before, after = float(faces[1]), float(faces[2])
            yield _checked(symbol, day, "split", before / after if after else 0.0)
        else:
            yield BAD_RATIO
    paid = sum(float(amount) for amount in _DIVIDEND.findall(text))
    if paid > 0:
        yield Dividend(symbol, day, round(paid, 6), adjusted=False)


def _yahoo(symbol: str, day: date, split: str, dividend: str) -> Iterator[Action | Dividend | str]:
    if split and (ratio := _as_ratio(split)) != 0:
        yield _checked(symbol, day, "split", ratio) if ratio else BAD_RATIO
    if dividend and (amount := _as_ratio(dividend)):
        yield Dividend(symbol, day, amount, adjusted=True)


def _ours(symbol: str, day: date, kind: str, ratio: str) -> Iterator[Action | Dividend | str]:
    kind = kind.strip().lower() or "split"
    value = _as_ratio(ratio)
    if kind == "dividend" and value:
        yield Dividend(symbol, day, value, adjusted=False)
    elif kind not in _KINDS:
        yield BAD_KIND
    elif not value:
        yield BAD_RATIO
    else:
        # A bonus of 1:1 gives one share for each held, so there are two afterwards.
        is_bonus_pair = kind == "bonus" and (":" in ratio or "/" in ratio)
        yield _checked(symbol, day, kind, value + 1 if is_bonus_pair else value)


def _checked(symbol: str, day: date, kind: str, ratio: float) -> Action | str:
    if not 1 / _LARGEST <= ratio <= _LARGEST:
        return BAD_RATIO
    return Action(symbol, day, "consolidation" if ratio < 1 and kind == "split" else kind, ratio)


def _as_ratio(text: str) -> float | None:
    """Parse "5" or "10:2" to a number; None if it is neither."""
    match = _RATIO.match(text.strip())
    if match is None:
        return None
    below = float(match[2]) if match[2] else 1.0
    return float(match[1]) / below if below else None


def _texts(table: Table, name: str | None) -> Any:
    if name is None:
        return np.full(len(table.line), "", dtype=object)
    return as_texts(table.cells[name].cast("string"))
