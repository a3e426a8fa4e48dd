"""The parts of a multipart body: files and short fields. No file is written to a disk."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from tradertape_server.platform.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_FILES = 50
MOST_FILE_BYTES = 20 * 1024 * 1024
_MOST_FIELD_BYTES = 64 * 1024
_MOST_PARTS = 80
_AT_ONCE = 256 * 1024
_HIDDEN = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file and the name its sender gave it, which is shown and never used as a path."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What a person sent: files of any of the wanted fields, and texts by field."""

    files: list[UploadedFile] = field(default_factory=list[UploadedFile])
    texts: dict[str, str] = field(default_factory=dict[str, str])


def parse_form(content_type: str, body: bytes, *, file_fields: frozenset[str]) -> Form:
    """Read a multipart body. Raises BadRequest or TooLarge, saying what to do."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise BadRequest("Send the file as multipart/form-data.")
    receiver = _Receiver(file_fields)
    parser = MultipartParser(boundary, receiver.callbacks())
    try:
        for place in range(0, len(body), _AT_ONCE):  # others run between two pieces
            parser.write(body[place : place + _AT_ONCE])
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise BadRequest("The multipart body is damaged.") from error
    if not receiver.form.files:
        names = " or ".join(f"“{name}”" for name in sorted(file_fields))
        raise BadRequest(f"Send a file in the field {names}.")
    return receiver.form


def shown_name(name: str) -> str:
    """A file's name as it is shown: its last part, without characters that hide others."""
    last = re.split(r"[/\\]", name)[-1]
    cleaned = _HIDDEN.sub("", last).strip(" .")
    if len(cleaned) > 120:
        cleaned = f"{cleaned[:80]}…{cleaned[-30:]}"
    return cleaned or "file"


class _Receiver:
    """Gathers the parts while the parser goes through the body."""

    def __init__(self, file_fields: frozenset[str]) -> None:
        self.form = Form()
        self._file_fields = file_fields
        self._parts = 0
        self._header, self._value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._name, self._file_name, self._is_file = "", "", False
        self._content = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin, "on_part_data": self._data, "on_part_end": self._end,
            "on_header_field": self._header_name, "on_header_value": self._header_value,
            "on_header_end": self._header_end, "on_headers_finished": self._headers_end,
        }  # fmt: skip

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise BadRequest(f"The body has over {_MOST_PARTS} parts.")
        self._headers, self._content = {}, bytearray()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = b"filename" in options
        self._file_name = options.get(b"filename", b"").decode("utf-8", "replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        most = MOST_FILE_BYTES if self._is_file else _MOST_FIELD_BYTES
        if len(self._content) + end - start > most:
            what = f"A file is over {most // 2**20} MB" if self._is_file else "A field is too long"
            raise TooLarge(f"{what}.")
        self._content += memoryview(data)[start:end]

    def _end(self) -> None:
        if not self._is_file:
            self.form.texts[self._name] = self._content.decode("utf-8", "replace")
            return
        if self._name not in self._file_fields:
            return
        if not self._content and not self._file_name:
            return  # a browser's form with no file chosen
        if len(self.form.files) >= MOST_FILES:
            raise BadRequest(f"Send at most {MOST_FILES} files at once.")
        file = UploadedFile(shown_name(self._file_name), bytes(self._content))
        self.form.files.append(file)
