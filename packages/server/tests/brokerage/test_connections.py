"""Connections: stored, shared by processes, ended once, and told to listeners in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from packages.server.tests.conftest import FrozenClock
from packages.server.tests.doubles.scripted_broker import ScriptedBroker, ending_at, session_at
from sqlalchemy import text

from tradertape_brokers.hosts import Hosts
from tradertape_brokers.registry import UnknownBroker
from tradertape_server.features.auth.models import User
from tradertape_server.features.brokerage.accounts import (
    Addresses,
    BrokerAccount,
    ChangeKind,
    ConnectionChange,
    Environment,
    NoHosts,
)
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict
from tradertape_server.platform.secrets import SecretBox

LIVE, SANDBOX = Environment.LIVE, Environment.SANDBOX
A, B = 1, 2


@pytest.fixture
def database(database_url: str, clock: FrozenClock) -> Any:
    database = Database(database_url)
    with database.write() as session:
        for email in ("a@example.com", "b@example.com"):
            session.add(User(email=email, created_at=clock.now()))
    yield database
    database.close()


@pytest.fixture
def secrets(tmp_path: Any) -> SecretBox:
    return SecretBox.open(tmp_path / "secrets")


@pytest.fixture
def broker() -> ScriptedBroker:
    return ScriptedBroker()


@pytest.fixture
def process(
    database: Database, clock: FrozenClock, secrets: SecretBox, broker: ScriptedBroker
) -> Callable[..., Connections]:
    """Make the connections of one more process on the same database."""

    def find(name: str) -> ScriptedBroker:
        if name not in {"kite", "upstox"}:
            raise UnknownBroker(name)
        return broker

    def process(addresses: Addresses | None = None, box: SecretBox | None = None) -> Connections:
        both = Addresses({LIVE: Hosts(), SANDBOX: Hosts.sandbox("http://127.0.0.1:1")})
        return Connections(database, clock, box or secrets, find, addresses or both)  # type: ignore[arg-type]

    return process


@pytest.fixture
def here(process: Callable[..., Connections]) -> Connections:
    return process()


def heard_by(connections: Connections) -> list[ConnectionChange]:
    heard: list[ConnectionChange] = []
    connections.on_change(heard.append)
    return heard


def kinds(heard: list[ConnectionChange]) -> list[str]:
    return [change.kind.value for change in heard]


def test_a_login_is_a_connection_with_ports_session_and_scope(
    here: Connections, clock: FrozenClock
) -> None:
    session = session_at(clock.now())

    made = here.connect(A, LIVE, session)

    assert here.of(A, "kite") == made
    assert (made.account.scope, made.session, made.since) == ("kite:SB0001", session, clock.now())
    assert here.by_scope(A, "kite:SB0001") == made
    assert here.by_scope(A, "kite:SB0002") is None
    assert here.by_scope(A, "nonsense") is None
    assert here.all() == [made]


def test_another_person_has_no_part_in_it(here: Connections, clock: FrozenClock) -> None:
    here.connect(A, LIVE, session_at(clock.now()))

    assert here.of(B, "kite") is None
    assert here.by_scope(B, "kite:SB0001") is None
    assert here.of_user(B) == []


def test_the_database_holds_no_token_in_clear(
    here: Connections, clock: FrozenClock, database: Database
) -> None:
    here.connect(A, LIVE, session_at(clock.now(), token="canary-token"))

    with database.read() as session:
        row = session.execute(text("SELECT * FROM broker_sessions")).mappings().one()

    assert "canary-token" not in str({key: bytes(v) if isinstance(v, memoryview) else v
                                      for key, v in row.items()})  # fmt: skip


def test_a_restart_and_another_process_read_the_session(
    process: Callable[..., Connections], here: Connections, clock: FrozenClock
) -> None:
    other = process()
    heard = heard_by(other)
    session = session_at(clock.now())
    here.connect(A, LIVE, session)
    assert other.of(A, "kite") is None

    other.step()

    found = other.of(A, "kite")
    assert found is not None
    assert found.session == session
    assert kinds(heard) == ["connected"]
    other.step()
    assert kinds(heard) == ["connected"]


def test_an_expired_session_is_told_once_whoever_finds_out_and_however_often(
    process: Callable[..., Connections], here: Connections, clock: FrozenClock
) -> None:
    other = process()
    here.connect(A, LIVE, session_at(clock.now()))
    here.step()
    other.step()
    heard_here, heard_there = heard_by(here), heard_by(other)
    account = BrokerAccount(user_id=A, broker="kite", broker_user_id="SB0001", environment=LIVE)

    for connections in (here, other):
        for _ in range(50):
            connections.mark_expired(account, "the broker says so")
        assert connections.of(A, "kite") is None
    here.step()
    other.step()
    here.step()

    assert kinds(heard_here) == kinds(heard_there) == ["expired"]
    assert [change.is_first for change in heard_here + heard_there] == [True, False]
    assert heard_here[0].reason == "the broker says so"


def test_marking_expired_does_not_wait_for_the_database(
    here: Connections, clock: FrozenClock, database: Database
) -> None:
    made = here.connect(A, LIVE, session_at(clock.now()))
    done = threading.Event()

    def mark() -> None:
        here.mark_expired(made.account, "over", made.session)
        done.set()

    with database.write():
        threading.Thread(target=mark, daemon=True).start()
        assert done.wait(5)
        assert here.of(A, "kite") is None


def test_a_refusal_of_the_old_session_does_not_end_the_new_one(
    here: Connections, clock: FrozenClock
) -> None:
    old = here.connect(A, LIVE, session_at(clock.now(), token="old"))
    new = here.connect(A, LIVE, session_at(clock.now(), token="new"))

    here.mark_expired(old.account, "over", old.session)

    assert here.of(A, "kite") == new


def test_the_brokers_timetable_ends_a_session_in_every_process_at_once(
    process: Callable[..., Connections], here: Connections, clock: FrozenClock
) -> None:
    end = clock.now() + timedelta(hours=20)
    here.connect(A, LIVE, ending_at(session_at(clock.now()), end))
    here.step()
    heard = heard_by(here)

    clock.advance(hours=20)

    assert here.of(A, "kite") is None
    assert here.all() == []
    here.step()
    here.step()
    assert kinds(heard) == ["expired"]
    late = process()
    late.step()
    assert late.of(A, "kite") is None


def test_a_second_login_renews_and_keeps_the_limiter(
    here: Connections, clock: FrozenClock, broker: ScriptedBroker
) -> None:
    heard = heard_by(here)
    here.connect(A, LIVE, session_at(clock.now(), token="one"))
    here.connect(A, LIVE, session_at(clock.now(), token="two"))
    here.step()

    assert kinds(heard) == ["connected", "renewed"]
    (_, _, first), (_, _, second) = broker.connected
    assert first is second


def test_two_people_with_one_account_at_the_broker_share_its_limiter(
    here: Connections, clock: FrozenClock, broker: ScriptedBroker
) -> None:
    here.connect(A, LIVE, session_at(clock.now()))
    here.connect(B, LIVE, session_at(clock.now()))
    here.connect(B, SANDBOX, session_at(clock.now()))

    limiters = [limiter for _, _, limiter in broker.connected]
    assert limiters[0] is limiters[1]
    assert limiters[2] is not limiters[0]


def test_another_account_takes_the_place_and_both_are_told(
    here: Connections, clock: FrozenClock
) -> None:
    heard = heard_by(here)
    here.connect(A, LIVE, session_at(clock.now()))
    here.connect(A, SANDBOX, session_at(clock.now()))
    here.step()

    assert kinds(heard) == ["connected", "disconnected", "connected"]
    assert [change.account.environment for change in heard] == [LIVE, LIVE, SANDBOX]


def test_signing_out_ends_it_everywhere(
    process: Callable[..., Connections], here: Connections, clock: FrozenClock
) -> None:
    other = process()
    made = here.connect(A, LIVE, session_at(clock.now()))
    other.step()
    heard = heard_by(other)

    here.disconnect(made.account, "signed out")
    other.step()

    assert here.of(A, "kite") is None
    assert other.of(A, "kite") is None
    assert kinds(heard) == ["disconnected"]
    assert heard[0].reason == "signed out"


def test_work_that_waits_hears_of_the_next_login(
    process: Callable[..., Connections], here: Connections, clock: FrozenClock
) -> None:
    made = here.connect(A, LIVE, session_at(clock.now(), token="one"))
    here.step()
    heard = heard_by(here)
    here.mark_expired(made.account, "over", made.session)
    here.step()
    elsewhere = process()
    elsewhere.step()
    elsewhere.connect(A, LIVE, session_at(clock.now(), token="two"))

    here.step()

    assert kinds(heard) == ["expired", "connected"]


def test_a_login_right_after_the_expiry_is_never_told_before_it(
    here: Connections, clock: FrozenClock
) -> None:
    made = here.connect(A, LIVE, session_at(clock.now(), token="one"))
    heard = heard_by(here)
    here.mark_expired(made.account, "over", made.session)
    here.connect(A, LIVE, session_at(clock.now(), token="two"))

    here.step()

    assert kinds(heard) == ["connected", "expired", "connected"]


def test_a_server_on_the_sandbox_reaches_no_real_broker(
    process: Callable[..., Connections], here: Connections, clock: FrozenClock,
    broker: ScriptedBroker,
) -> None:  # fmt: skip
    here.connect(A, LIVE, session_at(clock.now()))
    made = len(broker.connected)
    sandboxed = process(Addresses.of(Hosts(), "http://127.0.0.1:1"))

    sandboxed.step()

    assert sandboxed.of(A, "kite") is None
    assert len(broker.connected) == made
    with pytest.raises(NoHosts):
        sandboxed.hosts(LIVE)
    with pytest.raises(NoHosts):
        sandboxed.connect(A, LIVE, session_at(clock.now()))
    assert sandboxed.hosts(SANDBOX).kite.rest == "http://127.0.0.1:1"


def test_a_sandbox_that_starts_later_brings_its_sessions_back(
    process: Callable[..., Connections], here: Connections, clock: FrozenClock
) -> None:
    here.connect(A, SANDBOX, session_at(clock.now()))
    later = process(Addresses.of(Hosts()))
    heard = heard_by(later)
    later.step()
    assert later.of(A, "kite") is None

    later.use_sandbox("http://127.0.0.1:2/")
    later.step()
    found = later.of(A, "kite")
    assert found is not None
    assert later.hosts(SANDBOX).kite.rest == "http://127.0.0.1:2"
    later.use_sandbox(None)

    assert later.of(A, "kite") is None
    later.step()
    assert kinds(heard) == ["connected", "disconnected"]


def test_a_token_that_no_key_opens_is_no_connection(
    process: Callable[..., Connections], here: Connections, clock: FrozenClock, tmp_path: Any
) -> None:
    here.connect(A, LIVE, session_at(clock.now()))
    stranger = process(box=SecretBox.open(tmp_path / "other"))

    stranger.step()

    assert stranger.of(A, "kite") is None


def test_a_deleted_account_is_disconnected(
    here: Connections, clock: FrozenClock, database: Database
) -> None:
    here.connect(A, LIVE, session_at(clock.now()))
    here.step()
    heard = heard_by(here)
    with database.write() as session:
        session.execute(text("DELETE FROM users WHERE id = 1"))

    here.step()

    assert here.of(A, "kite") is None
    assert kinds(heard) == [ChangeKind.DISCONNECTED.value]


def test_a_listener_that_fails_keeps_nothing_from_the_others(
    here: Connections, clock: FrozenClock
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("it fails")

    made = here.connect(A, LIVE, session_at(clock.now()))
    heard: list[object] = []
    for listen in (here.on_change, here.on_orders, here.on_hint):
        listen(fails)
    here.on_change(heard.append)
    here.on_orders(lambda account, orders: heard.append((account, orders)))
    here.on_hint(heard.append)

    here.step()
    here.deliver_orders(made.account, [])
    here.deliver_hint(made.account)

    assert heard[1:] == [(made.account, []), made.account]


def test_instruments_are_found_by_who_comes_later(
    here: Connections, clock: FrozenClock, broker: ScriptedBroker
) -> None:
    here.connect(A, LIVE, session_at(clock.now()))
    asked: list[tuple[str, str]] = []

    def find(name: str, instrument: str) -> None:
        asked.append((name, instrument))

    here.find_with(find)
    assert broker.find is not None

    broker.find("NSE:INFY")

    assert asked == [("kite", "NSE:INFY")]


def test_the_thread_tells_listeners_and_stops(here: Connections, clock: FrozenClock) -> None:
    told = threading.Event()
    here.on_change(lambda _: told.set())
    here.start()

    here.connect(A, LIVE, session_at(clock.now()))

    assert told.wait(5)
    here.stop()


def test_ap_05_sessions_that_end_with_a_transaction_end_in_every_process(
    here: Connections, process: Callable[..., Connections], clock: FrozenClock, database: Database
) -> None:
    """Nothing but that transaction is needed: a process that dies right after it left none."""
    other = process()
    here.connect(A, LIVE, session_at(clock.now()))
    here.connect(B, LIVE, session_at(clock.now(), user="SB0002"))
    other.step()
    heard = heard_by(other)
    assert other.of(A, "kite") is not None

    with database.write() as session:
        assert here.end_all(session, A, "hidden") == ["kite"]

    with database.read() as session:
        rows = session.execute(text("SELECT user_id, token, ended_at FROM broker_sessions")).all()
    left = {row.user_id: (bytes(row.token) == b"", row.ended_at is not None) for row in rows}
    assert left == {A: (True, True), B: (False, False)}
    here.see_changes()
    other.step()
    assert (here.of(A, "kite"), other.of(A, "kite")) == (None, None)
    assert here.of(B, "kite") is not None
    assert [(one.kind, one.reason) for one in heard] == [(ChangeKind.DISCONNECTED, "hidden")]
    assert process().of(A, "kite") is None


def test_ap_05_a_login_is_not_stored_beside_what_forbids_it(
    here: Connections, clock: FrozenClock, database: Database
) -> None:
    """Two threads: one logs in, one forbids it; whoever is first, no session stays."""
    forbidden = threading.Event()

    def demand(_session: Any, _user_id: int) -> None:
        if forbidden.is_set():
            raise Conflict("not here")

    def forbid() -> None:
        with database.write() as session:
            here.end_all(session, A, "hidden")
            forbidden.set()

    here.demand_allowed = demand
    for _ in range(20):
        forbidden.clear()
        forbidding = threading.Thread(target=forbid)
        forbidding.start()
        with suppress(Conflict):
            here.connect(A, LIVE, session_at(clock.now()))
        forbidding.join()
        here.see_changes()
        assert here.of(A, "kite") is None
