"""One cell of a statement as a number, a date, a time or a text. Raises ValueError with a reason.

Numbers may have Indian digit grouping, dates may be Excel serials or text, day before month.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from tradertape_core.kernel.clock import IST

Cell = str | int | float | bool | Decimal | datetime | date | time | None

MOST_TEXT = 400
_LARGEST = Decimal(10) ** 13
# 1,23,45,678.90 and 12,345,678.90; a European 1.234,56 is refused instead of misread.
_NUMBER = re.compile(r"(?:\d+|\d{1,3}(?:,\d{2,3})*,\d{3})?(?:\.\d*)?", re.ASCII)
_EXACT = re.compile(r"-?\d{1,13}(?:\.\d{1,16})?", re.ASCII)
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2}|[A-Za-z]{3,9})[-/. ](\d{2,4})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp][Mm])?", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
# Excel counts days from here, as it believes that 1900 was a leap year.
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a local time of the sheet
_EARLIEST, _LATEST = date(1990, 1, 1), date(2100, 1, 1)


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing a person would see."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: Cell) -> str:
    """The text of a cell without control characters; "" for a blank one.

    A whole number that a sheet stores as a float has no ".0": identifiers are stored so.
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e16:
        cell = int(cell)
    text = _CONTROLS.sub(" ", str(cell)).strip()
    if len(text) > MOST_TEXT:
        raise ValueError(f"is longer than {MOST_TEXT} characters")
    return text


def decimal_of(cell: Cell) -> Decimal:
    """A number: of a numeric cell or of text such as "₹1,23,456.50", "(250.00)" or "250.00 Dr".

    Brackets and "Dr" make it negative.
    """
    if isinstance(cell, (bool, date, time)) or is_blank(cell):
        raise ValueError("is not a number" if not is_blank(cell) else "is empty")
    if isinstance(cell, str):
        return _in_range(_number_in(cell))
    try:
        return _in_range(Decimal(str(cell)))
    except InvalidOperation:
        raise ValueError("is not a number") from None


def exact_decimal_of(cell: Cell) -> Decimal:
    """A number as a program wrote it, to its last digit; 0 for a blank cell."""
    text = text_of(cell)
    if not text:
        return Decimal(0)
    if not _EXACT.fullmatch(text):
        raise ValueError(f"“{text[:40]}” is not a number")
    return Decimal(text)


def _number_in(text: str) -> Decimal:
    bare = text.strip().replace("₹", "").replace("\u00a0", "")
    is_negative = False
    if bare.startswith("(") and bare.endswith(")"):
        bare, is_negative = bare[1:-1], True
    lower = bare.lower()
    for ending in (" cr", " dr"):
        if lower.endswith(ending):
            bare, is_negative = bare[:-3], is_negative or ending == " dr"
    bare = re.sub(r"^(?:rs\.?|inr)\s*", "", bare.strip(), flags=re.IGNORECASE)
    if bare[:1] in ("-", "+"):
        is_negative = is_negative != (bare[0] == "-")
        bare = bare[1:]
    bare = bare.strip()
    if len(bare) > 40 or not any(sign.isdigit() for sign in bare) or not _NUMBER.fullmatch(bare):
        raise ValueError(f"“{text.strip()[:40]}” is not a number")
    value = Decimal(bare.replace(",", ""))
    return -value if is_negative else value


def _in_range(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("is not a number")
    if abs(value) > _LARGEST:
        raise ValueError("is too large")
    # Half a cell in a million has more: what a spreadsheet's formula left.
    rounded = round(value, 8)
    return rounded.normalize() if rounded == rounded.to_integral_value() else rounded


def date_of(cell: Cell, *, month_first: bool = False) -> date:
    """A day: of a date cell, an Excel serial, or text with the year first or last.

    month_first: 03/04/2024 is 4 March; without it, as in India, 3 April.
    """
    return _moment_of(cell, month_first=month_first)[0]


def moment_of(cell: Cell, *, month_first: bool = False) -> datetime | None:
    """A time in India, aware; None if the cell has the day alone."""
    day, clock = _moment_of(cell, month_first=month_first)
    return None if clock is None else datetime.combine(day, clock, IST)


def clock_of(cell: Cell) -> time:
    """A time of the day: of a time cell, a fraction of a day, or text such as "02:15 PM"."""
    if isinstance(cell, datetime):
        return cell.time().replace(microsecond=0)
    if isinstance(cell, time):
        return cell.replace(microsecond=0, tzinfo=None)
    if isinstance(cell, float) and 0 <= cell < 1:
        return (_EXCEL_EPOCH + timedelta(seconds=round(cell * 86400))).time()
    text = text_of(cell)
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"“{text[:40]}” is not a time" if text else "is empty")
    hour, minute, second, half = found.groups()
    hours = int(hour)
    if half is not None:
        if not 1 <= hours <= 12:
            raise ValueError(f"“{text}” is not a time")
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    try:
        return time(hours, int(minute), int(second or 0))
    except ValueError:
        raise ValueError(f"“{text}” is not a time") from None


def _moment_of(cell: Cell, *, month_first: bool) -> tuple[date, time | None]:
    if isinstance(cell, datetime):
        local = cell.astimezone(IST) if cell.tzinfo is not None else cell
        at = local.time().replace(microsecond=0)
        return _known(local.date()), at if at != time() else None
    if isinstance(cell, date):
        return _known(cell), None
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        return _of_serial(float(cell))
    text = text_of(cell)
    if not text:
        raise ValueError("is empty")
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
        return _of_serial(float(text))
    found = _DATE.match(text)
    if found is None:
        raise ValueError(f"“{text[:40]}” is not a date")
    rest = text[found.end() :].lstrip(" T,")
    if rest.endswith("+05:30"):
        rest = rest[:-6]
    return _day_of(text, *found.groups(), month_first=month_first), clock_of(rest) if rest else None


def _of_serial(serial: float) -> tuple[date, time | None]:
    if not 32874 <= serial < 73051:  # 1990 to 2100, as Excel counts
        raise ValueError("is not a date")
    moment = _EXCEL_EPOCH + timedelta(seconds=round(serial * 86400))
    return moment.date(), moment.time() if moment.time() != time() else None


def _day_of(text: str, first: str, second: str, third: str, *, month_first: bool) -> date:
    year, month, day = (first, second, third) if len(first) == 4 else (third, second, first)
    if month_first and len(first) != 4 and second.isdigit():
        month, day = day, month
    number = int(month) if month.isdigit() else _month(month)
    try:
        return _known(date(int(year) + (2000 if len(year) == 2 else 0), number, int(day)))
    except ValueError:
        raise ValueError(f"“{text[:40]}” is not a date") from None


def _month(name: str) -> int:
    short = name[:3].lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def _known(day: date) -> date:
    if not _EARLIEST <= day < _LATEST:
        raise ValueError("is not a date between 1990 and 2100")
    return day
