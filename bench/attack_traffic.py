"""The attackers of `attacks.py`: one attack for so long, in a process of its own.

usage: attack_traffic.py NAME SECONDS, with the target as JSON on standard input

Prints as JSON how often each outcome was seen: a status, `closed` without one, or `open` for a
connection that the server still kept at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

MB = 1024 * 1024
HEADER_MB = 200
SLOW_SOCKETS = 300
ONE_ADDRESS = "127.9.9.9"  # of the attackers who have one; the user of the server is 127.0.0.1
LOGIN, LINK, HEALTH = "/api/auth/password-login", "/api/auth/magic-link", "/api/health"
HEAD_SLOWLY_S, BODY_SLOWLY_S = 25.0, 66.0  # longer than a head, and a body, may take


@dataclass
class Attack:
    """The target of the attackers, and what they have seen.

    email: of the user whom they guess at; cookie, writes: a session and a path of another one.
    """

    port: int
    email: str
    cookie: str
    writes: str
    until: float = 0.0  # time.perf_counter()
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def goes_on(self) -> bool:
        """Whether its time is not over."""
        return time.perf_counter() < self.until

    async def connect(self, source: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection from one of the addresses of this machine."""
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))

    async def request(
        self, method: str, path: str, body: bytes, source: str, *headers: str
    ) -> None:
        """One request on a connection of its own; counts its outcome."""
        lines = (f"{method} {path} HTTP/1.1", f"Host: localhost:{self.port}", *headers)
        head = "\r\n".join((*lines, "Connection: close", f"Content-Length: {len(body)}", "", ""))
        with contextlib.suppress(OSError):
            reader, writer = await self.connect(source)
            with contextlib.suppress(OSError):
                writer.write(head.encode() + body)
                await writer.drain()
            await self.outcome(reader)
            writer.close()

    async def outcome(self, reader: asyncio.StreamReader) -> None:
        """Count the status of the response, or that there is none."""
        line = b""
        with contextlib.suppress(OSError):
            line = await reader.readline()
            while await reader.read(MB):
                pass
        words = line.split(b" ", 2)
        self.seen[words[1].decode() if len(words) > 1 else "closed"] += 1


Visit = Callable[[Attack], Awaitable[None]]


def many_addresses() -> str:
    """One of 62,500 addresses."""
    return f"127.{random.randint(1, 250)}.{random.randint(1, 250)}.7"


async def json_body(attack: Attack, body: bytes, source: str, *headers: str) -> None:
    path = "/api/strategies" if headers else LOGIN
    kind = "Content-Type: application/json"
    await attack.request("POST", path, body, source, kind, *headers)


async def body_of_a_user(attack: Attack, body: bytes) -> None:
    origin = f"Origin: http://localhost:{attack.port}"
    await json_body(attack, body, ONE_ADDRESS, origin, f"Cookie: {attack.cookie}")


async def large_header(attack: Attack) -> None:
    """One header of HEADER_MB, as much of it as the server reads."""
    reader, writer = await attack.connect(ONE_ADDRESS)
    writer.write(f"GET {HEALTH} HTTP/1.1\r\nHost: localhost:{attack.port}\r\nX-Long: ".encode())
    try:
        for _ in range(HEADER_MB * 16):
            writer.write(b"a" * (MB // 16))
            await writer.drain()
    except OSError:
        pass
    else:
        attack.seen["read in full"] += 1
    await attack.outcome(reader)
    writer.close()


async def slowly(attack: Attack, beginning: str) -> None:
    """A connection that sends a byte a second."""
    reader, writer = await attack.connect(ONE_ADDRESS)
    answer = asyncio.create_task(attack.outcome(reader))
    with contextlib.suppress(OSError):
        writer.write(beginning.format(port=attack.port).encode())
        while attack.goes_on and not answer.done():
            writer.write(b"a")
            await writer.drain()
            await asyncio.wait([answer], timeout=1)
    if not answer.done():
        answer.cancel()
        attack.seen["open"] += 1
    writer.close()


async def forged_addresses(attack: Attack) -> None:
    lines = [f"X-Forwarded-For: {many_addresses()}, {many_addresses()}" for _ in range(5)]
    await attack.request("GET", HEALTH, b"", ONE_ADDRESS, *lines)


async def wrong_password(attack: Attack) -> None:
    body = json.dumps({"email": attack.email, "password": "wrong password"}).encode()
    await json_body(attack, body, many_addresses())


async def unknown_accounts(attack: Attack) -> None:
    name = f"{random.randrange(10**9)}@example.com"
    body = json.dumps({"email": name, "password": "wrong password"}).encode()
    await json_body(attack, body, many_addresses())


async def link_for_the_user(attack: Attack) -> None:
    body = json.dumps({"email": attack.email}).encode()
    kind = "Content-Type: application/json"
    await attack.request("POST", LINK, body, many_addresses(), kind)


async def write(attack: Attack) -> None:
    body = json.dumps({"name": f"List {random.randrange(10**9)}"}).encode()
    origin = f"Origin: http://localhost:{attack.port}"
    kind, cookie = "Content-Type: application/json", f"Cookie: {attack.cookie}"
    await attack.request("PATCH", attack.writes, body, ONE_ADDRESS, kind, cookie, origin)


async def again_and_again(visit: Visit, at_once: int, attack: Attack) -> None:
    """Attackers that visit until the time is over."""

    async def loop() -> None:
        while attack.goes_on:
            with contextlib.suppress(OSError):
                await visit(attack)

    await asyncio.gather(*(loop() for _ in range(at_once)))


async def slow_sockets(beginning: str, seconds: float, attack: Attack) -> None:
    attack.until = max(attack.until, time.perf_counter() + seconds)
    await asyncio.gather(*(slowly(attack, beginning) for _ in range(SLOW_SOCKETS)))


def _lists(size: int, levels: int) -> bytes:
    nested = b"[" * levels + b"]" * levels
    return b"[" + b",".join([nested] * (size // len(nested))) + b"]"


_HEAD = "GET / HTTP/1.1\r\nHost: localhost:{port}\r\nX-Slow: "
_BODY = (
    f"POST {LOGIN} HTTP/1.1\r\nHost: localhost:{{port}}\r\n"
    "Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n"
)
LARGE, DEEP = _lists(2_000_000, 60), b"[" * 8_000 + b"]" * 8_000
_LARGE_OF_STRANGER = partial(json_body, body=LARGE, source=ONE_ADDRESS)
_DEEP_OF_STRANGER = partial(json_body, body=DEEP, source=ONE_ADDRESS)
ATTACKS: dict[str, Callable[[Attack], Awaitable[None]]] = {
    "large bodies": partial(again_and_again, _LARGE_OF_STRANGER, 8),
    "nested bodies": partial(again_and_again, _DEEP_OF_STRANGER, 8),
    "large bodies of a user": partial(again_and_again, partial(body_of_a_user, body=LARGE), 8),
    "headers of 200 MB": partial(again_and_again, large_header, 8),
    "300 slow heads": partial(slow_sockets, _HEAD, HEAD_SLOWLY_S),
    "300 slow bodies": partial(slow_sockets, _BODY, BODY_SLOWLY_S),
    "forged addresses": partial(again_and_again, forged_addresses, 16),
    "wrong passwords": partial(again_and_again, wrong_password, 50),
    "unknown accounts": partial(again_and_again, unknown_accounts, 50),
    "requests of links": partial(again_and_again, link_for_the_user, 50),
    "200 parallel writes": partial(again_and_again, write, 200),
}


def main(name: str, seconds: float) -> None:
    # An attacker has a machine of its own: here the server is served first.
    os.nice(10)
    attack = Attack(**json.load(sys.stdin))
    attack.until = time.perf_counter() + seconds
    asyncio.run(ATTACKS[name](attack))
    print(json.dumps(attack.seen))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
