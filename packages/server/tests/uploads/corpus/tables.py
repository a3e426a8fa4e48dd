"""Tables as text, files that are something else, numbers and dates that are none."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import tarfile
from functools import partial

from packages.server.tests.uploads.corpus.case import Case, Cases
from packages.server.tests.uploads.corpus.workbooks import HEADER
from packages.server.tests.uploads.files import attacks, books

_MB = 1024 * 1024
_ROW = (
    "INFY", "INE009A01021", "2024-04-01", "NSE", "EQ", "EQ", "buy", "false", "10.000000",
    "1480.550000", "75001", "110001", "2024-04-01T09:15:01",
)  # fmt: skip


def tables() -> Cases:
    """All of them."""
    yield from _shapes()
    yield from _texts()
    yield from _numbers()
    yield from _dates()
    yield from _other_types()
    yield from _cut()


def table(**cells: str) -> bytes:
    """A tradebook of one row, with other texts in some of its columns."""
    row = [cells.get(name, text) for name, text in zip(HEADER, _ROW, strict=True)]
    return books.csv_bytes([list(HEADER), row])


def _shapes() -> Cases:
    for columns in (201, 100_000, 1_000_000):
        yield Case("table", f"{columns} columns", partial(_wide, columns))
        yield Case("table", f"{columns} columns in the tenth row", partial(_wide, columns, 9))
    yield Case("table", "2,000,000 empty rows", lambda: b"\n" * 2_000_000)
    yield Case("table", "9,000,000 cells", lambda: (b"," * 99 + b"\n") * 90_000)
    yield Case("table", "a header and 2,000,000 empty rows", lambda: _header() + b"\n" * 2_000_000)
    yield Case("table", "a cell of 8 MB", lambda: b"symbol\n" + b"x" * 8 * _MB)
    yield Case("table", "a quotation without end", attacks.quoted_cell)
    yield Case("table", "quotations alone", lambda: b'"' * 5_000_000)
    yield Case("table", "a line without end", attacks.endless_line)
    yield Case("table", "carriage returns alone", lambda: b"\r" * 2_000_000)
    yield Case("table", "the header 100,000 times", lambda: _header() * 100_000)
    yield Case("table", "a header alone", _header)
    yield Case("table", "columns twice", _doubled)


def _texts() -> Cases:
    for where, content in {
        "before": b"\x00" + table(), "after": table() + b"\x00",
        "inside": table().replace(b"INFY", b"IN\x00FY"), "alone": bytes(5000),
    }.items():  # fmt: skip
        yield Case("text", f"NUL {where}", lambda content=content: content)
    text = table().decode()
    for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-7", "cp037"):
        make = lambda name=name: text.encode(name)  # noqa: E731
        yield Case("text", f"in {name} without a mark", make, is_harmless=name == "utf-7")
    for name, mark in {
        "two marks": b"\xef\xbb\xbf\xef\xbb\xbf", "a mark of UTF-16": b"\xff\xfe",
        "a mark of UTF-32": b"\xff\xfe\x00\x00",
    }.items():  # fmt: skip
        yield Case("text", name, lambda mark=mark: mark + table(), is_harmless=name == "two marks")
    for sign in ("\u202e", "\u2066", "\u200f", "\ufeff", "\x1b[2J", "\U0001f600"):
        symbol = f"IN{sign}FY"
        make = partial(table, symbol=symbol)
        yield Case("text", f"a symbol with {sign!r}", make, is_harmless=True)
    for formula in (
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("x")',
    ):
        make = partial(table, symbol=formula)
        yield Case("formulas", formula, make, is_harmless=True)
    for html in ("<script>alert(1)</script>", "';DROP TABLE uploads;--", "{{7*7}}", "${jndi:x}"):
        yield Case("formulas", html, partial(table, symbol=html), is_harmless=True)
    yield Case("text", "a symbol of 10 kB", partial(table, symbol="X" * 10_000))
    yield Case("text", "ids of 10 kB", partial(table, trade_id="1" * 10_000))


def _numbers() -> Cases:
    for text in (
        "1e999", "-1e999", "1e-999", "1E+500000000", "nan", "inf", "-inf", "sNaN", "0x10", "1_000",
        "\u0661\u0662", "\u00bd", "1,2,3,,", "--5", "+-5", "()", "(", "9" * 60, "0." + "1" * 5000,
        "", "-", "1 2", "1.2.3", "\u2212 5", "88888888888888888888", "=5",
    ):  # fmt: skip
        for column in ("quantity", "price"):
            is_harmless = text in ("1,2,3,,", "1e-999") or text.startswith("0.")
            make = partial(table, **{column: text})
            yield Case("numbers", f"{column} {text[:20]!r}", make, is_harmless=is_harmless)
    yield Case("numbers", "a quantity of 0", partial(table, quantity="0"))
    yield Case("numbers", "a quantity of -5", partial(table, quantity="-5"))
    yield Case("numbers", "a price of -5", partial(table, price="-5"))


def _dates() -> Cases:
    for text in (
        "0000-00-00", "9999-12-31", "1969-12-31", "1700-01-01", "2101-01-01", "2024-02-30",
        "2024-13-01", "32-01-2024", "00-00-2024", "yesterday", "1e9", "1712000000", "-1",
        "99999999", "2024-04-01T25:00:00", "2024-04-01 09:61", "2024-4",
        "\u0662\u0660\u0662\u0664-04-01", "", "2024-04-01T09:15:01+99:99",
    ):  # fmt: skip
        yield Case("dates", repr(text), partial(table, trade_date=text))
    for text in ("2024-02-30T09:15:01", "9999-12-31T23:59:59", "25:00:00", "09:15:01 XM"):
        yield Case("dates", f"a time of {text}", partial(table, order_execution_time=text))


def _other_types() -> Cases:
    inner = table()
    for name, content in {
        "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(5000), "a JPEG": b"\xff\xd8\xff\xe0" + bytes(5000),
        "a GIF": b"GIF89a" + bytes(5000), "a program of Linux": b"\x7fELF" + bytes(5000),
        "a program of Windows": b"MZ" + bytes(5000), "a gzip": gzip.compress(inner),
        "a bzip2": bz2.compress(inner), "an xz": lzma.compress(inner),
        "a RAR": b"Rar!\x1a\x07\x00" * 90,
        "a 7z": b"7z\xbc\xaf\x27\x1c" * 90, "a database": b"SQLite format 3\x00" + bytes(5000),
        "an old workbook": attacks.old_xls(), "a web page": b"<html><table><tr><td>1</table>",
        "JSON": json.dumps([{"symbol": "INFY"}] * 50).encode(), "RTF": b"{\\rtf1 hello}",
        "a PDF": b"%PDF-1.7\n", "nothing": b"", "one byte": b"x", "zeros": bytes(100_000),
        "noise": random.Random(1).randbytes(100_000), "a tar": _tar(inner),
        "a gzip bomb": _gzip_bomb(),
        "an XML workbook": b'<?xml version="1.0"?><Workbook><Worksheet/></Workbook>',
        "an archive of nothing": b"PK\x05\x06" + bytes(18),
        "a document": attacks._zipped({"word/document.xml": b"<w/>"}),
        "an OpenDocument table": attacks._zipped({"mimetype": b"x", "content.xml": b"<office/>"}),
        "a binary workbook": attacks._zipped({"xl/workbook.bin": bytes(500)}),
        "a package of Java": attacks._zipped({"META-INF/MANIFEST.MF": b"Main-Class: A"}),
        "an archive with a table": attacks._zipped({"tradebook.csv": inner}),
    }.items():  # fmt: skip
        yield Case("wrong type", name, lambda content=content: content)


def _cut() -> Cases:
    whole = books.kite_csv(attacks.few_trades())
    for bytes_left in (1, 40, len(whole) // 2 + 7, len(whole) - 30):
        make = lambda n=bytes_left: whole[:n]  # noqa: E731
        yield Case("cut", f"a table at {bytes_left} bytes", make)
    quoted = b'symbol,isin\n"INFY'
    yield Case("cut", "a table in a quotation", lambda: quoted)


def _header() -> bytes:
    return (",".join(HEADER) + "\n").encode()


def _doubled() -> bytes:
    return (",".join(HEADER * 2) + "\n").encode()


def _wide(columns: int, rows_before: int = 0) -> bytes:
    return _header() * rows_before + b"," * (columns - 1) + b"\n"


def _tar(content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo("../../book.csv")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _gzip_bomb() -> bytes:
    return gzip.compress(bytes(20 * _MB))
