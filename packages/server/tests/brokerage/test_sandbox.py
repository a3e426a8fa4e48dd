"""The sandbox for everybody: an account each, and honest words when it was started anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import httpx
import pytest
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_brokers import registry
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Session
from tradertape_server.features.brokerage.accounts import Addresses, Environment, NoHosts
from tradertape_server.features.brokerage.sandbox import ENDED, Sandbox, SandboxApp
from tradertape_server.features.brokerage.sandbox_process import SandboxFailed, Serving
from tradertape_server.platform.clock import SystemClock

_now = SystemClock().now  # the sandbox goes by the machine's clock, minutes after the import too


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


class Ready:
    """A process that is there already, in the place of one that takes seconds to start."""

    is_installed = True

    def __init__(self, url: str) -> None:
        self.url = url
        self.serving: Serving | None = None
        self.restarted: Callable[[Serving | None], None] = lambda _serving: None

    def start(self) -> Serving:
        self.serving = Serving(self.url, _now())
        return self.serving

    def stop(self) -> None:
        self.serving = None


class Bench:
    """A sandbox of the server, and what it does to the rest of it."""

    def __init__(self, url: str, *, external: str = "", is_alone: bool = True) -> None:
        self.process = Ready(url)
        self.addresses = Addresses.of(Hosts(), external)
        self.ended: list[tuple[Environment, str]] = []
        self.sandbox = Sandbox(
            self._make, self.addresses, lambda *end: self.ended.append(end),
            lambda user_id: f"the-secret-of-{user_id}",
            callback=lambda broker: f"http://console/brokers/{broker}/callback",
            postback=lambda broker: f"http://127.0.0.1:9/api/brokers/{broker}/postback",
            external_url=external, is_alone=is_alone,
        )  # fmt: skip

    def _make(self, restarted: Callable[[Serving | None], None]) -> Ready:
        self.process.restarted = restarted
        return self.process


@pytest.fixture
def bench(running: Running) -> Bench:
    return Bench(f"http://127.0.0.1:{running.port}")


def signed_in(bench: Bench, broker: str, app: SandboxApp) -> Session:
    """Log in as the console does: the page's button, its callback, the stored secret."""

    port = registry.broker(broker).session(bench.addresses.hosts(Environment.SANDBOX))
    url = port.login_url(app.api_key, redirect_uri=app.redirect_url, state="s")
    grant = {"api_key": app.api_key, "api_secret": Secret(app.secret)}
    if url:
        back = httpx.get(f"{url}&auto=1").headers["location"]
        assert back.startswith(app.redirect_url)
        name = registry.broker(broker).login.callback_parameter
        grant["code"] = Secret(httpx.URL(back).params[name])
    return port.exchange(LoginGrant(**grant, redirect_uri=app.redirect_url), _now())  # type: ignore[arg-type]


@pytest.mark.parametrize("broker", registry.names())
def test_two_people_have_accounts_of_their_own(running: Running, bench: Bench, broker: str) -> None:
    first, second = (bench.sandbox.set_up(person, broker) for person in (21, 22))
    sessions = [signed_in(bench, broker, app) for app in (first, second)]
    assert [one.user_id for one in sessions] == ["SB0021", "SB0022"]
    assert bench.sandbox.account_of(22) == "SB0022"
    assert bench.sandbox.account_of(23) is None
    hosts = bench.addresses.hosts(Environment.SANDBOX)
    for session, app in zip(sessions, (first, second), strict=True):
        assert registry.broker(broker).session(hosts).check(session).user_id == app.user_id
    secrets = {first.secret, second.secret}
    assert len(secrets) == 2
    assert first.secret not in str(bench.sandbox.state)


def test_who_sets_it_up_again_keeps_account_and_session(running: Running, bench: Bench) -> None:
    app = bench.sandbox.set_up(31, "kite")
    session = signed_in(bench, "kite", app)
    from tradertape_sandbox.exchange.events import AccountKey

    account = running.sandbox.exchange.account(AccountKey("kite", "SB0031"))
    account.pay_in(Decimal(500))

    again = bench.sandbox.set_up(31, "kite")

    assert again == app
    assert running.sandbox.exchange.account(AccountKey("kite", "SB0031")) is account
    hosts = bench.addresses.hosts(Environment.SANDBOX)
    assert registry.broker("kite").session(hosts).check(session).user_id == "SB0031"
    assert bench.ended == []


def test_a_new_sandbox_ends_the_sessions_and_knows_the_programs(
    running: Running, bench: Bench
) -> None:
    app = bench.sandbox.set_up(41, "kite")
    signed_in(bench, "kite", app)
    running.sandbox.sessions["kite"].close_all()

    bench.process.restarted(bench.process.start())  # type: ignore[no-untyped-call]

    assert bench.ended == [(Environment.SANDBOX, ENDED)]
    assert signed_in(bench, "kite", app).user_id == "SB0041"


def test_without_a_new_one_there_are_no_brokers_of_it(bench: Bench) -> None:
    bench.sandbox.set_up(51, "kite")
    bench.process.stop()
    bench.process.restarted(None)  # type: ignore[no-untyped-call]
    assert not bench.addresses.has(Environment.SANDBOX)
    assert bench.sandbox.account_of(51) is None
    with pytest.raises(NoHosts):
        bench.addresses.hosts(Environment.SANDBOX)


def test_sessions_of_an_earlier_start_of_the_server_are_ended(bench: Bench) -> None:
    bench.sandbox.open()
    assert bench.ended == [(Environment.SANDBOX, ENDED)]


def test_a_sandbox_elsewhere_is_used_and_not_started(running: Running) -> None:
    url = f"http://127.0.0.1:{running.port}"
    bench = Bench("http://127.0.0.1:1", external=url)
    bench.sandbox.open()
    assert bench.ended == []  # its accounts are there still
    assert bench.sandbox.set_up(61, "kite").user_id == "SB0061"
    assert bench.process.serving is None
    assert (bench.sandbox.state.url, bench.sandbox.state.is_built_in) == (url, False)


def test_a_sandbox_that_lets_nobody_in_has_the_printed_account(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradertape_sandbox.admin.routes.is_allowed", lambda *_: False)
    bench = Bench("", external=f"http://127.0.0.1:{running.port}")
    app = bench.sandbox.set_up(71, "kite")
    assert (app.user_id, app.api_key) == ("SB0001", "sandbox")


def test_several_processes_are_told_to_use_one_that_runs_elsewhere() -> None:
    bench = Bench("", is_alone=False)
    assert "TRADERTAPE_SANDBOX_URL" in bench.sandbox.state.problem
    with pytest.raises(SandboxFailed, match="several processes"):
        bench.sandbox.set_up(81, "kite")


def test_a_sandbox_that_does_not_answer_is_named() -> None:
    with pytest.raises(SandboxFailed, match=r"http://127\.0\.0\.1:1 does not answer"):
        Bench("", external="http://127.0.0.1:1").sandbox.set_up(91, "kite")


def built_anew(before: Bench) -> Bench:
    """The server after a switch of its market, which takes the sandbox over."""
    running = before.sandbox.hand_on()
    assert running is not None
    before.sandbox.close()
    after = Bench(before.process.url)
    after.sandbox.take_over(running)
    after.sandbox.open()
    return after


def test_a_server_that_is_built_anew_keeps_the_sandbox_and_its_accounts(bench: Bench) -> None:
    session = signed_in(bench, "kite", bench.sandbox.set_up(51, "kite"))

    after = built_anew(bench)

    assert after.ended == []
    assert after.sandbox.account_of(51) == "SB0051"
    hosts = after.addresses.hosts(Environment.SANDBOX)
    assert registry.broker("kite").session(hosts).check(session).user_id == "SB0051"
    after.sandbox.close()
    assert bench.process.serving is None, "the new server ends it"


def test_a_sandbox_that_ends_between_two_servers_ends_its_sessions(bench: Bench) -> None:
    bench.sandbox.set_up(52, "kite")
    running = bench.sandbox.hand_on()
    assert running is not None
    bench.process.serving = Serving(bench.process.url, _now())
    bench.process.restarted(bench.process.serving)
    assert bench.ended == [], "the former server's database is closed"

    after = Bench(bench.process.url)
    after.sandbox.take_over(running)

    assert after.ended == [(Environment.SANDBOX, ENDED)]
    assert after.sandbox.account_of(52) == "SB0052", "set up anew"


def test_without_a_sandbox_there_is_nothing_to_hand_on(bench: Bench) -> None:
    assert bench.sandbox.hand_on() is None
