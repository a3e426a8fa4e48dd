"""Who gets in, and which page may call: this machine, paired devices, and nobody else's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Watch, configure

from tradertape_agent.agent import Agent
from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import load
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.store import Store
from tradertape_agent.web.app import build_app
from tradertape_agent.web.network import check_bind
from tradertape_agent.web.pairing import LIVES_S, Pairing
from tradertape_agent.wiring import build

PHONE, HERE = "192.168.1.20", "127.0.0.1"
READS = (
    "/api/status", "/api/dashboard", "/api/signals", "/api/holdings", "/api/positions",
    "/api/brokers", "/api/reconciliation", "/api/settings", "/api/privacy/sent", "/api/logs",
    "/api/devices", "/api/orders/doubtful", "/api/reconciliation/orders/NSE:INFY",
    "/api/funds", "/api/privacy", "/api/uploads/sent",
)  # fmt: skip
CHANGES = (
    ("POST", "/api/signals/1/approve"), ("POST", "/api/signals/1/reject"), ("POST", "/api/poll"),
    ("PUT", "/api/kill"), ("PUT", "/api/settings"), ("POST", "/api/brokers/kite/login"),
    ("PUT", "/api/reconciliation/ignores/NSE:INFY"),
    ("DELETE", "/api/reconciliation/ignores/NSE:INFY"), ("DELETE", "/api/devices/x"),
    ("POST", "/api/pairing/code"), ("POST", "/api/reconciliation/corrections"),
    ("POST", "/api/reconciliation/corrections/1/undo"), ("POST", "/api/reconciliation/orders"),
    ("POST", "/api/reconciliation/orders/corrective:x/cancel"),
    ("POST", "/api/orders/doubtful/x/resolve"),
    ("POST", "/api/uploads/preview"), ("POST", "/api/uploads/send"),
    ("POST", "/api/uploads/sent/1/ask"),
)  # fmt: skip


@pytest.fixture
def agent(tmp_path: Path, cloud: FakeCloud) -> Iterator[Agent]:
    files = Folder(tmp_path / "agent.json")
    configure(files, cloud.url)
    made = build(load(files, {}), files, environment={}, clock=Watch())
    yield made
    made.close()


@pytest.fixture
def client(agent: Agent) -> FlaskClient:
    return build_app(agent).test_client()


def ask(client: FlaskClient, method: str, path: str, peer: str = HERE, **named: Any) -> Any:
    headers = {"Host": "localhost:5679", **named.pop("headers", {})}
    body = named.pop("json", {} if method != "GET" else None)
    return client.open(
        path,
        method=method,
        json=body,
        headers=headers,
        environ_base={"REMOTE_ADDR": peer},
        buffered=True,
    )


def csrf(client: FlaskClient, peer: str = HERE) -> dict[str, str]:
    return {"X-CSRF-Token": ask(client, "GET", "/api/session", peer).json["csrf"]}


def paired(client: FlaskClient) -> dict[str, str]:
    """Pair a phone as a person does; its headers."""
    own = csrf(client)
    code = ask(client, "POST", "/api/pairing/code", headers=own).json["code"]
    body = {"code": code, "name": "phone"}
    token = ask(client, "POST", "/api/pairing", PHONE, json=body, headers=own).json["token"]
    return {**own, "X-Device-Token": token}


def test_ac_09_this_machine_needs_no_login(client: FlaskClient) -> None:
    for path in READS:
        assert ask(client, "GET", path).status_code in (200, 409), path  # 409: nothing differs
    assert ask(client, "GET", "/").status_code == 200


def test_ac_09_another_device_gets_the_page_and_nothing_else_until_it_is_paired(
    client: FlaskClient,
) -> None:
    assert ask(client, "GET", "/", PHONE).status_code == 200
    for path in READS:
        answer = ask(client, "GET", path, PHONE)
        assert (answer.status_code, answer.json) == (401, {"detail": "this device is not paired"})
    for method, path in CHANGES:
        assert ask(client, method, path, PHONE, headers=csrf(client)).status_code == 401, path
    headers = paired(client)
    for path in READS:
        assert ask(client, "GET", path, PHONE, headers=headers).status_code in (200, 409), path


def test_a_revoked_device_is_out_at_once(client: FlaskClient) -> None:
    headers = paired(client)
    [device] = ask(client, "GET", "/api/devices").json
    assert device["name"] == "phone"
    ask(client, "DELETE", f"/api/devices/{device['id']}", headers=csrf(client))
    assert ask(client, "GET", "/api/holdings", PHONE, headers=headers).status_code == 401


def test_a_proxy_on_this_machine_makes_nobody_local(client: FlaskClient) -> None:
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert ask(client, "GET", "/api/holdings", headers={name: HERE}).status_code == 401


def test_a_rebound_name_reads_nothing(client: FlaskClient) -> None:
    for host in ("evil.example:5679", "evil.example", "localhost.evil.example", "8.8.8.8:5679"):
        for path in ("/", "/api/holdings", "/api/session"):
            answer = ask(client, "GET", path, headers={"Host": host})
            assert (answer.status_code, "csrf" in answer.text) == (421, False)
    for host in ("127.0.0.1:5679", "192.168.1.5:5679", "[::1]:5679", "my-machine.local:5679"):
        assert ask(client, "GET", "/api/status", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_another_sites_page_reads_and_changes_nothing(
    client: FlaskClient, foreign: dict[str, str]
) -> None:
    for path in (*READS, "/api/session"):
        assert ask(client, "GET", path, headers=foreign).status_code == 403, path
    for method, path in CHANGES:
        headers = {**csrf(client), **foreign}
        assert ask(client, method, path, headers=headers).status_code == 403, path


def test_our_page_is_opened_by_a_link_of_another_site(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert ask(client, "GET", "/", headers=headers).status_code == 200


def test_a_change_wants_json_and_the_pages_token(client: FlaskClient) -> None:
    for method, path in CHANGES:
        assert ask(client, method, path).status_code == 403, path
    form = client.post(
        "/api/poll", data="x=1", headers={"Host": "localhost", **csrf(client)},
        content_type="text/plain", environ_base={"REMOTE_ADDR": HERE},
    )  # fmt: skip
    assert form.status_code == 415


def test_no_answer_lets_another_origin_read_it(client: FlaskClient) -> None:
    answer = ask(client, "GET", "/api/status", headers={"Origin": "http://localhost:5679"})
    assert answer.status_code == 200
    assert not [name for name in dict(answer.headers) if name.startswith("Access-Control")]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_callers_of_the_internet_are_refused_unless_it_is_allowed(agent: Agent) -> None:
    assert ask(build_app(agent).test_client(), "GET", "/", "8.8.8.8").status_code == 403
    opened = build_app(agent, allow_public=True).test_client()
    assert ask(opened, "GET", "/", "8.8.8.8").status_code == 200
    assert ask(opened, "GET", "/api/holdings", "8.8.8.8").status_code == 401


def test_ac_09_a_public_address_is_not_listened_on(tmp_path: Path) -> None:
    everywhere = "0.0.0.0"  # noqa: S104 - asked about, not listened on
    for host, own in ((everywhere, {"8.8.8.8"}), ("8.8.8.8", set[str]()), ("::", {"2600::1"})):
        with pytest.raises(AgentError, match="--allow-public"):
            check_bind(host, allow_public=False, own=own)
        check_bind(host, allow_public=True, own=own)
    check_bind(everywhere, allow_public=False, own={"192.168.1.5", "10.0.0.3", "fe80::1"})
    check_bind("127.0.0.1", allow_public=False, own={"8.8.8.8"})


# --- pairing ----------------------------------------------------------------------------------


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def pairing(tmp_path: Path, watch: Watch) -> Pairing:
    return Pairing(Store(tmp_path / "p.db"), watch)


def test_a_code_has_five_tries_and_one_use(pairing: Pairing) -> None:
    code = pairing.new_code()
    assert len(code) >= 8
    for _ in range(4):
        assert pairing.pair("WRONGONE", "x") is None
    token = pairing.pair(f" {code[:4].lower()}-{code[4:]} ", "phone")
    assert token is not None
    assert pairing.knows(token)
    assert pairing.pair(code, "again") is None
    code = pairing.new_code()
    for _ in range(5):
        assert pairing.pair("WRONGONE", "x") is None
    assert pairing.pair(code, "x") is None


def test_a_hundred_thousand_guesses_get_nowhere(pairing: Pairing) -> None:
    pairing.new_code()
    assert not any(pairing.pair(f"{number:08d}", "x") for number in range(100_000))
    assert pairing.devices() == []


def test_a_code_is_over_after_two_minutes_and_when_a_new_one_is_shown(
    pairing: Pairing, watch: Watch
) -> None:
    code = pairing.new_code()
    watch.ahead = watch.ahead + type(watch.ahead)(seconds=LIVES_S + 1)
    assert pairing.pair(code, "x") is None
    first, second = pairing.new_code(), pairing.new_code()
    assert pairing.pair(first, "x") is None
    assert pairing.pair(second, "x") is not None


def test_tokens_are_not_in_the_journal(pairing: Pairing, tmp_path: Path) -> None:
    token = pairing.pair(pairing.new_code(), "phone")
    assert token is not None
    files = [one.read_bytes() for one in tmp_path.iterdir()]
    assert not any(token.encode() in one for one in files)


def test_only_this_machine_shows_codes_and_changes_settings(client: FlaskClient) -> None:
    headers = paired(client)
    assert ask(client, "POST", "/api/pairing/code", PHONE, headers=headers).status_code == 403
    change = {"auto_execute": False}
    refused = ask(client, "PUT", "/api/settings", PHONE, json=change, headers=headers)
    assert refused.status_code == 403
