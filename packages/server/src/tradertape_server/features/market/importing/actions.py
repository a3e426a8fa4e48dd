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
from tradertape_server.features.market.importing.parsing.column_names import plain
from tradertape_server.features.market.importing.parsing.file_tables import Table
from tradertape_server.features.market.importing.parsing.values import as_days, as_texts

_NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
_RUPEES = rf"(?:r[se]|inr|₹)\.?\s*{_NUMBER}"
# As in "Face Value Split (Sub-Division) - From Rs 10/- Per Share To Rs 2/- Per Share", and in older
# lists "FV SPLIT RS.10 TO RE.1".
_FACE_VALUE = re.compile(rf"{_RUPEES}.*?\bto\b\s*{_RUPEES}", re.I)
_SPLIT = re.compile(r"spli?t|sub-?\s?division|consolidation", re.I)
_BONUS = re.compile(rf"(?:bonus|\bbon\b)\s*(?:issue\s*)?-?\s*{_NUMBER}\s*:\s*{_NUMBER}", re.I)
_BONUS_WORD = re.compile(r"bonus|\bbon\b", re.I)
_NO_SHARES = re.compile(r"debenture|ncrps|preference", re.I)  # a bonus of something else
_DIVIDEND = re.compile(rf"(?:dividend|\bdiv\b)[^/]*?{_RUPEES}", re.I)
_DIVIDEND_WORD = re.compile(r"dividend|\bdiv\b", re.I)
_RATIO = re.compile(rf"^{_NUMBER}(?:\s*[:/]\s*{_NUMBER})?$")
_KINDS = ("split", "bonus", "consolidation")
BAD_DATE, BAD_RATIO, BAD_KIND = "date cannot be read", "ratio cannot be read", "unknown kind"
BAD_AMOUNT = "amount cannot be read"
_LARGEST = 10_000.0


# What moves prices or pays holders, and is not applied: the words of the exchange's list.
_NOT_APPLIED = (
    ("rights issue", re.compile(r"\brights?\b|\brgts?\b", re.I)),
    ("demerger", re.compile(r"de-?merger|spin-?\s?off|hive-?\s?off", re.I)),
    ("merger", re.compile(r"amalgamation|(?<!de)(?<!de-)\bmerger", re.I)),
    ("scheme of arrangement", re.compile(r"scheme of arrangement|\barrangement\b", re.I)),
    ("capital reduction", re.compile(r"capital reduction|reduction of capital", re.I)),
    ("return of capital", re.compile(r"(?:return|repayment) of capital", re.I)),
    ("distribution", re.compile(r"distribution", re.I)),
)
_KINDS_NOT_APPLIED = frozenset(name.split()[0] for name, _ in _NOT_APPLIED)
NO_SHARES_BONUS = "bonus of other securities than shares"
NO_AMOUNT = "dividend without an amount"
SOME_AMOUNTS = "dividend of which one part has no amount"
PERCENTAGE = "dividend as a percentage of the face value"


@dataclass(frozen=True, slots=True)
class NotApplied:
    """An action that is understood and adjusts nothing, such as a rights issue."""

    what: str


@dataclass(slots=True)
class ParsedActions:
    """The content of a file. rejects: line, symbol and reason of the rejected rows; not_applied:
    line, symbol, day and what it is, of the actions that neither adjust prices nor pay."""

    actions: list[Action] = field(default_factory=list)
    dividends: list[Dividend] = field(default_factory=list)
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    not_applied: list[tuple[int, str, date, str]] = field(default_factory=list)


Entry = Action | Dividend | NotApplied | str  # a text: the reason of a reject


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
            _add_entry(entry, line, str(symbols[i]), days[i].item(), found)
    return found


def _add_entry(entry: Entry, line: int, symbol: str, day: date, found: ParsedActions) -> None:
    if isinstance(entry, Action):
        found.actions.append(entry)
    elif isinstance(entry, Dividend):
        found.dividends.append(entry)
    elif isinstance(entry, NotApplied):
        found.not_applied.append((line, symbol, day, entry.what))
    else:
        found.rejects.append((line, symbol, entry))


def _from_subject(symbol: str, day: date, text: str) -> Iterator[Entry]:
    """Parse NSE's free text; one row may have several: "Dividend - Rs 2 Per Share/Bonus 1:1"."""
    if _BONUS_WORD.search(text):
        yield _bonus(symbol, day, text)
    if _SPLIT.search(text):
        if faces := _FACE_VALUE.search(text):
            before, after = _number(faces[1]), _number(faces[2])
            yield _checked(symbol, day, "split", before / after if after else 0.0)
        else:
            yield BAD_RATIO
    yield from _dividend(symbol, day, text)
    for name, words in _NOT_APPLIED:
        if words.search(text):
            yield NotApplied(name)


def _bonus(symbol: str, day: date, text: str) -> Entry:
    if _NO_SHARES.search(text):
        return NotApplied(NO_SHARES_BONUS)
    if bonus := _BONUS.search(text):
        new, held = _number(bonus[1]), _number(bonus[2])
        return _checked(symbol, day, "bonus", (new + held) / held if held else 0.0)
    return BAD_RATIO


def _dividend(symbol: str, day: date, text: str) -> Iterator[Entry]:
    """The dividends of a row together. Its parts are separated by slashes."""
    parts = [part for part in re.split(r"/(?!-)", text) if _DIVIDEND_WORD.search(part)]
    amounts = [amount for part in parts for amount in _DIVIDEND.findall(part)]
    paid = sum(_number(amount) for amount in amounts)
    if paid > 0:
        yield Dividend(symbol, day, round(paid, 6), adjusted=False)
    blank = [part for part in parts if not _DIVIDEND.search(part)]
    if blank and any("%" in part for part in blank):
        yield NotApplied(PERCENTAGE)
    elif blank:
        yield NotApplied(SOME_AMOUNTS if paid > 0 else NO_AMOUNT)


def _yahoo(symbol: str, day: date, split: str, dividend: str) -> Iterator[Entry]:
    if split and (ratio := _as_ratio(split)) != 0:
        yield _checked(symbol, day, "split", ratio) if ratio else BAD_RATIO
    if dividend and (amount := _as_ratio(dividend)) != 0:
        yield Dividend(symbol, day, amount, adjusted=True) if amount else BAD_AMOUNT


def _ours(symbol: str, day: date, kind: str, ratio: str) -> Iterator[Entry]:
    kind = kind.strip().lower() or "split"
    value = _as_ratio(ratio)
    if kind == "dividend":
        yield _given_dividend(symbol, day, ratio, value)
    elif kind.split()[0] in _KINDS_NOT_APPLIED:
        yield NotApplied(kind)
    elif kind not in _KINDS:
        yield BAD_KIND
    elif not value:
        yield BAD_RATIO
    else:
        # A bonus of 1:1 gives one share for each held, so there are two afterwards.
        is_bonus_pair = kind == "bonus" and (":" in ratio or "/" in ratio)
        yield _checked(symbol, day, kind, value + 1 if is_bonus_pair else value)


def _given_dividend(symbol: str, day: date, text: str, value: float | None) -> Entry:
    if value:
        return Dividend(symbol, day, value, adjusted=False)
    return BAD_AMOUNT if text.strip() and value is None else NotApplied(NO_AMOUNT)


def _checked(symbol: str, day: date, kind: str, ratio: float) -> Action | str:
    if not 1 / _LARGEST <= ratio <= _LARGEST:
        return BAD_RATIO
    return Action(symbol, day, "consolidation" if ratio < 1 and kind == "split" else kind, ratio)


def _as_ratio(text: str) -> float | None:
    """Parse "5" or "10:2" to a number; None if it is neither."""
    match = _RATIO.match(text.strip())
    if match is None:
        return None
    below = _number(match[2]) if match[2] else 1.0
    return _number(match[1]) / below if below else None


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _texts(table: Table, name: str | None) -> Any:
    if name is None:
        return np.full(len(table.line), "", dtype=object)
    return as_texts(table.cells[name].cast("string"))
