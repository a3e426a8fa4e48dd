"""What every request goes through: EC-01 to EC-04, D19, FAULTS §7 and §8."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Annotated, Any

import pytest
import structlog
from fastapi import FastAPI, Query
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from starlette.types import Scope

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem
from tradertape_server.container import Container
from tradertape_server.features.auth.models import User
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.requests import caller_network, is_local, trust_forwarding
from tradertape_server.platform.http.routing import Body, DbSession, Page, TransactionRoute
from tradertape_server.platform.logging import configure_logging

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
MB = 1024 * 1024
JSON = "application/json"


class Numbers(Body):
    values: list[float]


@pytest.fixture
def app(app: FastAPI, container: Container) -> FastAPI:
    """The application with a few routes that only tests need, before the catch-all."""
    extra = FastAPI()
    extra.router.route_class = TransactionRoute

    @extra.get("/api/t/cut")
    def cut() -> None:
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    @extra.get("/api/t/broken")
    def broken() -> None:
        raise RuntimeError("secret-internals")

    @extra.get("/api/t/invalid")
    def invalid(many: bool = False) -> None:
        if many:
            raise InvalidDocument([Problem("/entry/0", "too deep"), Problem("/name", "missing")])
        raise InvalidInput("unknown universe", pointer="/universe")

    @extra.get("/api/t/list")
    def listing(page: Page, q: Annotated[str, Query()] = "") -> list[int]:
        page.total(120)
        return list(range(page.offset, min(120, page.offset + page.limit)))

    @extra.post("/api/t/users")
    def add_user(session: DbSession, name: str, fail: bool = False) -> dict[str, int]:
        user = User(email=f"{name}@example.com", created_at=container.clock.now())
        session.add(user)
        session.flush()
        if fail:
            raise RuntimeError
        return {"id": user.id}

    @extra.post("/api/t/orphans")
    def add_session(session: DbSession) -> None:
        user = User(email="x@example.com", created_at=None)
        session.add(user)
        session.flush()

    @extra.post("/api/t/numbers")
    def numbers(body: Numbers) -> int:
        return len(body.values)

    first = [route for route in extra.routes if "/t/" in getattr(route, "path", "")]
    app.router.routes[0:0] = first
    return app


@pytest.fixture
def logs() -> Iterator[Callable[[Any], io.StringIO]]:
    """Send the logs somewhere for one test: `logs("json")` gives what is written."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level

    def send(form: Any) -> io.StringIO:
        written = io.StringIO()
        configure_logging(level="debug", form=form, stream=written)
        return written

    yield send
    structlog.configure(**configured)
    root.handlers = handlers
    root.setLevel(level)


@ON_SQLITE
def test_a_failure_inside_is_a_500_with_its_id_and_no_trace(client: TestClient) -> None:
    """EC-03: sanitised, with the request's id."""
    answer = client.get("/api/t/broken")
    request_id = answer.headers["X-Request-Id"]
    assert answer.status_code == 500
    assert answer.json() == {"detail": f"Internal error (request {request_id})"}
    assert answer.headers["X-Error-Code"] == "internal_error"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@ON_SQLITE
def test_every_answer_has_an_id_of_its_own(client: TestClient) -> None:
    ids = {client.get(path).headers["X-Request-Id"] for path in ("/", "/api/health", "/api/nope")}
    assert len(ids) == 3


@ON_SQLITE
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nope", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("PUT", "/api/health", 405, "method_not_allowed"),
        ("POST", "/api/health", 405, "method_not_allowed"),
        ("POST", "/somewhere", 404, "not_found"),
        ("PUT", "/api/nope", 404, "not_found"),
        ("DELETE", "/api/watchlists/1/nope", 404, "not_found"),
        ("PATCH", "/docs/nope", 404, "not_found"),
    ],
)
def test_a_miss_is_json_in_the_common_shape(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    """EC-01, EC-02."""
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (status, code)
    assert set(answer.json()) == {"detail"}


@ON_SQLITE
def test_the_cores_errors_become_400_and_422(client: TestClient) -> None:
    """EC-02: one wrong value is 400; a wrong document is a list with pointers."""
    one = client.get("/api/t/invalid")
    assert (one.status_code, one.json()) == (400, {"detail": "unknown universe"})
    many = client.get("/api/t/invalid", params={"many": True})
    assert many.status_code == 422
    assert [problem["pointer"] for problem in many.json()["detail"]] == ["/entry/0", "/name"]
    assert many.json()["detail"][0]["loc"] == ["body", "entry", "0"]


@ON_SQLITE
def test_a_422_does_not_repeat_what_was_sent(client: TestClient) -> None:
    """EC-01: the framework's list form, without the input: it may hold a password."""
    body = {"email": "nobody", "password": "canary-password", "extra": "canary-extra"}
    answer = client.post("/api/auth/password-login", json=body)
    assert answer.status_code == 422
    assert {tuple(problem["loc"]) for problem in answer.json()["detail"]} == {
        ("body", "email"), ("body", "extra"),
    }  # fmt: skip
    assert "canary" not in answer.text


@ON_SQLITE
def test_lists_are_bare_and_paged_by_headers(client: TestClient) -> None:
    """EC-04, EC-08, D19."""
    first = client.get("/api/t/list", params={"q": "a b"})
    assert first.json() == list(range(50))
    assert first.headers["X-Total-Count"] == "120"
    assert first.headers["Link"] == '</api/t/list?q=a+b&limit=50&offset=50>; rel="next"'
    last = client.get("/api/t/list", params={"limit": 500, "offset": 100})
    assert len(last.json()) == 20
    assert "Link" not in last.headers
    for wrong in ({"limit": 501}, {"limit": 0}, {"offset": -1}):
        assert client.get("/api/t/list", params=wrong).status_code == 422


def test_a_200_means_committed_before_it_was_sent(
    client: TestClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit comes before the first byte of the answer, and a failing commit is no 200."""

    def refuse(_session: Any) -> None:
        raise RuntimeError("the disk is full")

    assert client.post("/api/t/users", params={"name": "a"}).status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.orm.Session.commit", refuse)
        assert client.post("/api/t/users", params={"name": "b"}).status_code == 500
    assert client.post("/api/t/users", params={"name": "c", "fail": True}).status_code == 500
    with container.database.read() as session:
        assert session.scalars(select(User.email)).all() == ["a@example.com"]


def test_what_another_request_stored_first_is_a_conflict(client: TestClient) -> None:
    """The check of a route saw no row, and the unique values were taken when it stored its own."""
    assert client.post("/api/t/users", params={"name": "a"}).status_code == 200
    second = client.post("/api/t/users", params={"name": "a"})
    assert (second.status_code, second.headers["X-Error-Code"]) == (409, "conflict")
    # A row that is wrong in itself is a bug and stays a 500.
    assert client.post("/api/t/orphans").status_code == 500


@ON_SQLITE
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(client: TestClient, number: str) -> None:
    """D7 bad input: NaN and Infinity are no JSON."""
    answer = client.post(
        "/api/t/numbers",
        content=f'{{"values": [{number}]}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "json_invalid"


@ON_SQLITE
def test_a_body_nested_without_end_is_refused(signed_in: TestClient) -> None:
    answer = signed_in.post(
        "/api/t/numbers",
        content="[" * 100_000,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422


@ON_SQLITE
@pytest.mark.parametrize("megabytes", [3, 10])
def test_a_large_body_is_refused_announced_or_not(client: TestClient, megabytes: int) -> None:
    """FAULTS §7: cut at the limit, 413, for Content-Length and for chunks."""

    def chunks() -> Iterator[bytes]:
        for _ in range(megabytes * 16):
            yield b"x" * (MB // 16)

    for content in (b"x" * megabytes * MB, chunks()):
        answer = client.post("/api/t/numbers", content=content)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (413, "body_too_large")


@ON_SQLITE
def test_a_body_just_under_the_limit_is_read(signed_in: TestClient) -> None:
    content = b'{"values": [1.5]}' + b" " * (2 * MB - 100)
    answer = signed_in.post("/api/t/numbers", content=content, headers={"Content-Type": JSON})
    assert answer.json() == 1


@ON_SQLITE
def test_browsers_are_told_to_be_careful(client: TestClient) -> None:
    for path in ("/", "/api/health", "/docs/", "/api/docs"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    console = client.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in console.split("; ")
    assert client.get("/api/health").headers["Cache-Control"] == "no-store"


@ON_SQLITE
def test_own_pages_and_scripts_pass_the_cross_site_check(client: TestClient) -> None:
    body = {"email": "a@example.com", "password": "wrong"}
    for headers in (
        {},
        {"Origin": "http://localhost:18777"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:5173"},
        {"Referer": "http://localhost:18777/sign-in"},
    ):
        answer = client.post("/api/auth/password-login", json=body, headers=headers)
        assert answer.status_code == 401


class TestCeilings:
    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {
            "requests_per_minute": 30,
            "anonymous_requests_per_minute": 10,
            "trusted_proxies": "10.0.0.0/8",
        }

    @ON_SQLITE
    def test_each_account_has_a_ceiling_of_its_own(
        self, client: TestClient, sign_in: Any, clock: Any
    ) -> None:
        """EC-05, D19: generous, 429 with Retry-After, and then it goes on."""
        busy, other = sign_in(), sign_in("b@example.com")
        answers = [busy.get("/api/auth/me").status_code for _ in range(31)]
        assert answers == [200] * 30 + [429]
        over = busy.get("/api/auth/me")
        assert over.headers["X-Error-Code"] == "too_many_requests"
        assert other.get("/api/auth/me").status_code == 200
        clock.advance(seconds=int(over.headers["Retry-After"]))
        assert busy.get("/api/auth/me").status_code == 200

    @ON_SQLITE
    def test_a_forged_forwarding_header_does_not_make_a_new_caller(self, app: FastAPI) -> None:
        """FAULTS §8: X-Forwarded-For counts only from configured proxies."""

        def statuses(peer: str) -> list[int]:
            caller = TestClient(app, base_url="http://localhost:18777", client=(peer, 1))
            return [
                caller.get(
                    "/api/changelog", headers={"X-Forwarded-For": f"{n}.1.1.1, 203.0.113.9"}
                ).status_code
                for n in range(1, 13)
            ]

        assert statuses("198.51.100.7") == [200] * 10 + [429] * 2
        # Through a proxy of ours the last address it vouches for counts, not the first one written.
        assert statuses("10.1.2.3") == [200] * 10 + [429] * 2
        assert statuses("10.9.9.9") == [429] * 12


def seen(peer: str, *headers: tuple[str, str], kind: str = "http") -> Scope:
    """A request's scope as the application gets it, with 10.0.0.0/8 as trusted proxies."""
    scope: Scope = {"type": kind, "client": (peer, 5000), "scheme": "http"}
    scope["headers"] = [(name.lower().encode(), value.encode()) for name, value in headers]
    trust_forwarding(scope, [ip_network("10.0.0.0/8")])
    return scope


def forwarded_for(*lines: str) -> list[tuple[str, str]]:
    return [("X-Forwarded-For", line) for line in lines]


@pytest.mark.parametrize(
    ("peer", "lines", "caller"),
    [
        # A proxy that adds a line of its own leaves the client's line before it.
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9", "10.0.0.3, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1", "unknown"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1", ""], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("203.0.113.7", ["1.1.1.1", "10.0.0.1"], "203.0.113.7"),
        # As proxies write it: with a port, and IPv6 in brackets.
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        # A dual-stack socket reports its IPv4 callers so.
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("::ffff:203.0.113.7", ["1.1.1.1"], "203.0.113.7"),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_caller_is_the_last_address_that_no_proxy_of_ours_has(
    kind: str, peer: str, lines: list[str], caller: str
) -> None:
    """FAULTS §8: every line of the header counts, from the right."""
    assert seen(peer, *forwarded_for(*lines), kind=kind)["client"][0] == caller


def test_the_scheme_is_what_the_nearest_trusted_proxy_says() -> None:
    def scheme(peer: str, *values: str) -> str:
        return seen(peer, *[("X-Forwarded-Proto", value) for value in values])["scheme"]

    assert scheme("10.0.0.1", "https") == "https"
    assert scheme("10.0.0.1", "https", "http") == "http"  # the first line is the client's
    assert scheme("10.0.0.1", "ftp") == "http"
    assert scheme("203.0.113.7", "https") == "http"


def test_callers_of_a_dual_stack_socket_are_not_one_caller() -> None:
    """They would share one rate limit: any of them could use up everybody's."""
    first, second = "::ffff:192.0.2.1", "::ffff:192.0.2.2"
    assert caller_network(first) == "192.0.2.1"
    assert caller_network(first) != caller_network(second)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_came_through_an_unknown_proxy_is_not_local(header: str) -> None:
    assert is_local(seen("127.0.0.1"))
    assert is_local(seen("::ffff:127.0.0.1"))
    assert not is_local(seen("127.0.0.1", (header, "203.0.113.9")))
    assert not is_local(seen("203.0.113.9"))


def test_an_ipv6_customer_is_one_caller() -> None:
    assert caller_network("2001:db8:1:2:3::4") == caller_network("2001:db8:1:2:ffff::1")
    assert caller_network("2001:db8:1:3::4") != caller_network("2001:db8:1:2::4")
    assert caller_network("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("form", ["json", "console"])
@ON_SQLITE
def test_no_log_line_holds_a_secret(
    client: TestClient, sign_in: Any, form: Any, newest_mail: Any, logs: Any
) -> None:
    """FAULTS §8: canaries through every way in; links are announced, never logged."""
    written = logs(form)
    canaries = ["canaryPassword1", "canaryToken_000000000000", "canaryCookie00000", "canaryOtp"]
    client.get(f"/sign-in/verify?token={canaries[1]}&kite_session={canaries[2]}")
    client.post(
        "/api/auth/password-login", json={"email": "a@example.com", "password": canaries[0]}
    )
    client.get(
        "/api/auth/me", headers={"Authorization": f"Bearer zt_{canaries[1]}", "Cookie": canaries[2]}
    )
    client.post("/api/auth/magic-link", json={"email": "a@example.com"})
    link = newest_mail().get_content().partition("token=")[2].split()[0]
    client.post("/api/auth/verify-link", json={"token": link, "confirm": True})
    made = sign_in().post("/api/auth/agent-keys", json={}).json()["token"]
    client.get("/api/t/broken")
    lines = written.getvalue()
    issued = [link, made, client.cookies.get("kite_session") or "none"]
    assert "request failed" in lines
    assert lines.count('"path": "/api/auth/me"' if form == "json" else "path=/api/auth/me") == 1
    assert not [secret for secret in [*canaries, *issued] if secret in lines]
    if form == "json":
        events = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
        assert all(event.get("request_id") for event in events if event["event"] == "request")


def test_databases_differ_in_nothing_a_feature_can_see(
    container: Container, engine: str, clock: Any
) -> None:
    """Times come back aware and in UTC; SQLite waits for its lock and syncs to the disk."""
    database: Database = container.database
    with database.write() as session:
        session.add(User(email="a@example.com", created_at=clock.now()))
    with database.read() as session:
        stored = session.scalars(select(User)).one().created_at
        assert stored == clock.now()
        assert stored.utcoffset().total_seconds() == 0
        if engine == "sqlite":
            pragma = session.connection().exec_driver_sql
            assert pragma("PRAGMA synchronous").scalar() == 2
            assert pragma("PRAGMA journal_mode").scalar() == "wal"
            assert pragma("PRAGMA foreign_keys").scalar() == 1


@ON_SQLITE
def test_a_naive_time_is_refused(container: Container, clock: Any) -> None:
    with (
        pytest.raises(Exception, match="a naive time cannot be stored"),
        container.database.write() as session,
    ):
        session.add(User(email="a@example.com", created_at=clock.now().replace(tzinfo=None)))


@ON_SQLITE
def test_a_lost_connection_is_a_503_that_says_when_to_come_back(client: TestClient) -> None:
    answer = client.get("/api/t/cut")
    assert answer.status_code == 503
    assert answer.headers["X-Error-Code"] == "database_away"
    assert answer.headers["Retry-After"] == "2"
    assert "SELECT" not in answer.text
