"""Files made to harm a reader: each is small here and large, endless or confusing there."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from struct import pack_into

from packages.server.tests.uploads.files import books
from packages.server.tests.uploads.files.account_statements import (
    account_statement,
    invented_schemes,
)

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
)
_BOOK = (
    '<?xml version="1.0"?>{doctype}<workbook xmlns="http://schemas.openxmlformats.org/'
    'spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>'
)
_LINKS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/'
    '2006/relationships/worksheet" Target="{target}"{mode}/></Relationships>'
)
_SHEET = (
    '<?xml version="1.0"?>{doctype}<worksheet xmlns="http://schemas.openxmlformats.org/'
    'spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
)


def _workbook(
    *, rows: str = "", doctype: str = "", target: str = "worksheets/sheet1.xml", mode: str = "",
    more: dict[str, bytes] | None = None,
) -> bytes:  # fmt: skip
    parts = {
        "[Content_Types].xml": _TYPES.encode(),
        "_rels/.rels": _LINKS.format(target="xl/workbook.xml", mode="").encode(),
        "xl/workbook.xml": _BOOK.format(doctype=doctype).encode(),
        "xl/_rels/workbook.xml.rels": _LINKS.format(target=target, mode=mode).encode(),
        "xl/worksheets/sheet1.xml": _SHEET.format(doctype=doctype, rows=rows).encode(),
        **(more or {}),
    }
    return _zipped(parts)


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def zip_bomb() -> bytes:
    """Under a megabyte that unpacks to 240."""
    return _workbook(more={"xl/media/zeros.bin": bytes(240 * 1024 * 1024)})


def lying_zip() -> bytes:
    """A part of 60 MB that the directory says is of 1,000 bytes."""
    content = bytearray(_workbook(more={"xl/worksheets/zeros.xml": bytes(60 * 1024 * 1024)}))
    place = content.rfind(b"PK\x01\x02")
    pack_into("<L", content, place + 24, 1000)
    return bytes(content)


def many_parts() -> bytes:
    """Thirty thousand empty parts."""
    return _zipped({f"xl/{number}.xml": b"" for number in range(30_000)})


def billion_laughs() -> bytes:
    """Entities that grow tenfold at each of ten levels."""
    levels = ['<!ENTITY a0 "lol">']
    levels += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11)]
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&a10;</t></is></c></row>'
    return _workbook(rows=row, doctype=f"<!DOCTYPE x [{''.join(levels)}]>")


def outside_entity() -> bytes:
    """An entity whose text is a file of the server."""
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row>'
    return _workbook(rows=row, doctype='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')


def outside_sheet() -> bytes:
    """A sheet that is at an address of another machine."""
    return _workbook(target="http://192.0.2.1/sheet.xml", mode=' TargetMode="External"')


def far_cell() -> bytes:
    """Two cells at opposite corners: a dense table of them has 17 billion."""
    return _workbook(
        rows='<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )


def macros() -> bytes:
    """A tradebook with a macro project and an embedded program, which are to be ignored."""
    book = io.BytesIO(books.csv_bytes([["x"]]))
    book = io.BytesIO(books.kite_workbook(few_trades()))
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" * 1000)
        archive.writestr("xl/embeddings/program.exe", b"MZ" * 1000)
    return book.getvalue()


def few_trades() -> list[books.Made]:
    """Ten trades."""
    from datetime import date

    return books.invented(9, 10, first=date(2024, 4, 1), last=date(2024, 4, 30))


def old_xls() -> bytes:
    """An old workbook, or an encrypted one: they begin alike."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)


def endless_line() -> bytes:
    """A CSV of one line without an end."""
    return b"symbol," * 2_000_000


def quoted_cell() -> bytes:
    """A CSV whose one quotation never ends."""
    return b'symbol,isin\n"' + b"a\n" * 5_000_000


def deep_pdf() -> bytes:
    """A PDF whose catalogue is nested a hundred thousand times."""
    return _pdf(b"[" * 100_000 + b"]" * 100_000)


def stream_bomb_pdf() -> bytes:
    """A PDF whose page unpacks to 600 MB of text operators."""
    packed = zlib.compress(b"BT (x) Tj ET\n" * 48_000_000, 9)
    return _pdf(b"null", packed)


def pages_pdf() -> bytes:
    """A PDF of ten thousand pages that are one page."""
    return _pdf(b"null", kids=b"3 0 R " * 10_000, count=10_000)


def script_pdf() -> bytes:
    """A PDF that wants to run a script and to open an address."""
    return _pdf(b"<< /S /JavaScript /JS (app.launchURL('http://192.0.2.1')) >>")


def _pdf(action: bytes, packed: bytes = b"", kids: bytes = b"3 0 R", count: int = 1) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s >>" % action,
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream"
        % (len(packed), packed or zlib.compress(b"")),
    ]
    out = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, start,
    )  # fmt: skip


def other_password_pdf() -> bytes:
    """A statement with another password than the one that is sent."""
    return account_statement(invented_schemes(1), password="ZZZZZ9999Z")


def cut_pdf() -> bytes:
    """The first half of a statement."""
    whole = account_statement(invented_schemes(1), password="")
    return whole[: len(whole) // 2]


SPREADSHEETS: dict[str, Callable[[], bytes]] = {
    one.__name__: lru_cache(one)
    for one in (
        zip_bomb, lying_zip, many_parts, billion_laughs, outside_entity, outside_sheet, far_cell,
        old_xls, endless_line, quoted_cell,
    )
}  # fmt: skip
SPREADSHEETS |= {
    "empty": lambda: b"",
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(5000),
    "half a workbook": lambda: books.kite_workbook(few_trades())[:2000],
    "a program": lambda: b"\x7fELF" + bytes(5000),
    "a PDF": script_pdf,
}
PDFS: dict[str, Callable[[], bytes]] = {
    one.__name__: lru_cache(one)
    for one in (
        deep_pdf, stream_bomb_pdf, pages_pdf, script_pdf, other_password_pdf, cut_pdf,
    )
}  # fmt: skip
PDFS |= {
    "a workbook": lambda: books.kite_workbook(few_trades()),
    "nothing but a mark": lambda: b"%PDF-1.7",
    "noise": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 400,
}
