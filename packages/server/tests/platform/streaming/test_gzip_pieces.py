"""A gzip body of pieces that stand alone, read by what users read it with."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from tradertape_server.platform.streaming.connections import direct_writer_of
from tradertape_server.platform.streaming.gzip_pieces import (
    HEAD,
    packed_piece,
    stored,
    takes_gzip,
)
from tradertape_server.platform.streaming.streams import EventStream, sse, sse_error

from .test_connections import Guard, Served

GZIP = 31  # window bits of a whole body


def piece(message: bytes, *, is_packed: bool) -> bytes:
    return packed_piece(message) if is_packed else b"".join(stored(message))


@given(st.lists(st.tuples(st.binary(), st.integers(1, 90_000), st.booleans(), st.booleans())))
def test_pieces_stand_alone_whichever_of_them_are_sent(
    drawn: list[tuple[bytes, int, bool, bool]],
) -> None:
    said = [
        (seed * (size // max(1, len(seed))), packed, sent) for seed, size, packed, sent in drawn
    ]
    sent = [(text, packed) for text, packed, is_sent in said if is_sent]
    body = HEAD + b"".join(piece(text, is_packed=packed) for text, packed in sent)
    unpack = zlib.decompressobj(GZIP)
    assert unpack.decompress(body) == b"".join(text for text, _ in sent)
    assert not unpack.unused_data


@pytest.mark.parametrize("size", [0, 1, 65_534, 65_535, 65_536, 131_070, 131_071, 300_000])
def test_a_piece_that_is_stored_holds_a_message_of_any_size(size: int) -> None:
    message = bytes(range(256)) * (size // 256 + 1)
    body = HEAD + b"".join(stored(memoryview(message)[:size]))
    assert zlib.decompressobj(GZIP).decompress(body) == message[:size]


@pytest.mark.parametrize(
    ("accepted", "is_taken"),
    [
        ("gzip, deflate, br, zstd", True), ("br;q=1.0, GZIP;q=0.8", True), ("gzip", True),
        ("", False), ("identity", False), ("br", False), ("xgzip", False),
        ("gzip;q=0, identity", False), ("gzip; q=0.0", False),
    ],
)  # fmt: skip
def test_only_who_says_so_is_sent_gzip(accepted: str, is_taken: bool) -> None:
    assert takes_gzip(Headers({"accept-encoding": accepted})) is is_taken


SAID = [{"n": n, "padding": "x" * 3_000} for n in range(4)]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """A message through the application, two past it, one more, and an end that is announced."""

    async def events() -> AsyncIterator[bytes]:
        direct_writer = direct_writer_of(scope)
        assert direct_writer is not None
        one, two, three, four = (sse(json.dumps(said).encode()) for said in SAID)
        yield packed_piece(one)
        direct_writer.write(*stored(two))
        direct_writer.write(packed_piece(three))
        yield b"".join(stored(four))
        yield packed_piece(sse_error("over"))

    await EventStream(events(), Guard(), is_gzip=True)(scope, receive, send)


def lines_of(text: str) -> list[Any]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


async def read_with_httpx(url: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as client, client.stream("GET", url) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        return "".join([f"{line}\n" async for line in answer.aiter_lines()])


async def read_with_requests(url: str) -> str:
    def read() -> str:
        with requests.get(url, stream=True, timeout=10) as answer:
            return "".join(f"{line}\n" for line in answer.iter_lines(decode_unicode=True))

    return await asyncio.to_thread(read)


@pytest.mark.parametrize("read", [read_with_httpx, read_with_requests])
def test_a_stream_is_whole_to_the_end_though_its_body_has_none(read: Any) -> None:
    async def story() -> str:
        async with Served(application) as served:
            return await read(f"http://{served.place}")

    text = asyncio.run(story())
    assert text.startswith("retry: 1000")
    assert lines_of(text) == [*SAID, {"detail": "over"}]


def test_a_stream_that_is_over_before_it_began_says_so() -> None:
    class Over:
        async def ended(self) -> str:
            return "revoked"

    async def nothing() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    body: list[bytes] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            body.append(message["body"])
            await asyncio.sleep(0)

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def story() -> None:
        await EventStream(nothing(), Over(), is_gzip=True)({"type": "http"}, receive, send)

    asyncio.run(story())
    text = zlib.decompressobj(GZIP).decompress(b"".join(body)).decode()
    assert lines_of(text) == [{"detail": "revoked"}]
