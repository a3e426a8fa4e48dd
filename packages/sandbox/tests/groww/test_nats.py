"""The text protocol, however the stream is cut, and whatever is in it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradertape_sandbox.wire.groww import nats
from tradertape_sandbox.wire.groww.feed_client import MOST_SUBSCRIPTIONS, MOST_WAITING, FeedClient

STREAM = (
    b'CONNECT {"jwt":"a","sig":"b","verbose":true}\r\nPING\r\nSUB /ld/eq/nse/price.1  1\r\n'
    b"SUB stocks.x group 2\r\nPUB a.b reply 5\r\nhello\r\nHPUB a.b 4 9\r\nabcdefghi\r\n"
    b"UNSUB 1 3\r\nUNSUB 2\r\nPONG\r\n"
)
COMMANDS = [
    nats.Connect({"jwt": "a", "sig": "b", "verbose": True}),
    nats.Ping(),
    nats.Subscribe("/ld/eq/nse/price.1", "1"),
    nats.Subscribe("stocks.x", "2"),
    nats.Publish("a.b"),
    nats.Publish("a.b"),
    nats.Unsubscribe("1", 3),
    nats.Unsubscribe("2"),
    nats.Pong(),
]


def client(*, known: bool = True) -> FeedClient:
    made = FeedClient(
        nonce="n",
        sign_in=lambda command, _nonce: command.text("jwt") == "a",
        admits=lambda subject: not subject.startswith("closed"),
        changed=lambda _client: None,
    )
    if known:
        made.receive(b'CONNECT {"jwt":"a"}\r\n')
    return made


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_a_stream_means_the_same_however_it_is_cut(cuts: list[int]) -> None:
    reader = nats.CommandReader()
    places = [0, *sorted(cuts), len(STREAM)]
    found = [
        command
        for start, end in itertools.pairwise(places)
        for command in reader.feed(STREAM[start:end])
    ]
    assert found == COMMANDS


_WORDS = [b"CONNECT ", b"SUB ", b"UNSUB ", b"PUB ", b"HPUB ", b"PING", b"\r\n", b"{}", b" 9", b"x"]
_PIECES = st.lists(st.one_of(st.binary(max_size=20), st.sampled_from(_WORDS)), max_size=40)


@settings(max_examples=400)
@given(_PIECES)
def test_nothing_that_a_client_sends_raises(pieces: list[bytes]) -> None:
    for known in (True, False):
        one = client(known=known)
        for piece in pieces:
            one.receive(piece)
            one.deliver("x", b"payload")
        last = one.take()
        assert not one.is_over or last.endswith(b"'\r\n"), last


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"SUB a 1\r\n", b"Authorization Violation"),
        (b"PING\r\n", b"Authorization Violation"),
        (b'CONNECT {"jwt":"other"}\r\n', b"Authorization Violation"),
        (b"CONNECT [1]\r\n", b"Parser Error"),
        (b"NOSUCH\r\n", b"Unknown Protocol Operation"),
        (b"\xff\xfe\r\n", b"Unknown Protocol Operation"),
        (b"x" * (nats.MAX_LINE + 1), b"Maximum Control Line Exceeded"),
        (b"PUB a 1048577\r\n", b"Maximum Payload Violation"),
    ],
)
def test_what_ends_a_connection(sent: bytes, said: bytes) -> None:
    one = client(known=False)
    one.receive(sent)
    assert one.is_over
    assert one.take() == b"-ERR '" + said + b"'\r\n"
    one.receive(b"PING\r\n")
    assert one.take() == b""


def test_a_message_goes_to_each_subscription_of_its_subject_until_its_end() -> None:
    one = client()
    one.receive(b"SUB a 1\r\nSUB a 2\r\nSUB b 3\r\nUNSUB 1 2\r\n")
    for _ in range(3):
        one.deliver("a", b"xy")
    assert one.take() == (b"MSG a 1 2\r\nxy\r\nMSG a 2 2\r\nxy\r\n" * 2 + b"MSG a 2 2\r\nxy\r\n")
    assert one.subjects == {"a", "b"}
    one.receive(b"UNSUB 2\r\n")
    assert one.subjects == {"b"}


def test_a_number_that_is_used_again_takes_the_new_subject() -> None:
    one = client()
    one.receive(b"SUB a 1\r\nSUB b 1\r\n")
    one.deliver("a", b"x")
    one.deliver("b", b"x")
    assert one.take() == b"MSG b 1 1\r\nx\r\n"


def test_a_refused_subject_and_one_subscription_too_many_leave_the_connection() -> None:
    one = client()
    one.receive(b"SUB closed.1 1\r\n")
    assert one.take() == b"-ERR 'Permissions Violation for Subscription to \"closed.1\"'\r\n"
    for number in range(MOST_SUBSCRIPTIONS):
        one.receive(b"SUB a%d %d\r\n" % (number, number))
    assert one.take() == b""
    one.receive(b"SUB more 9999\r\n")
    assert one.take() == b"-ERR 'maximum subscriptions exceeded'\r\n"
    assert not one.is_over


def test_a_client_that_does_not_read_is_cut_off() -> None:
    one = client()
    one.receive(b"SUB a 1\r\n")
    payload = bytes(1024 * 1024)
    for _ in range(MOST_WAITING // len(payload) + 1):
        one.deliver("a", payload)
    assert one.is_over
    assert one.take() == b"-ERR 'Slow Consumer'\r\n"


def test_a_client_that_answers_no_ping_is_cut_off() -> None:
    one = client()
    for _ in range(2):
        one.ping()
    one.receive(b"PONG\r\n")
    one.ping()
    one.ping()
    assert not one.is_over
    one.ping()
    assert one.is_over
    assert one.take().endswith(b"-ERR 'Stale Connection'\r\n")
