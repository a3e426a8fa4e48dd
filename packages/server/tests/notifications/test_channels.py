"""Channels: their routes, the addresses that are not sent to, and secrets that stay secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tradertape_server.features.notifications.build import Notifications
from tradertape_server.features.notifications.channels.addresses import (
    Addresses,
    AddressNotAllowed,
)
from tradertape_server.features.notifications.channels.apprise_urls import (
    AppriseSender,
    NoAppriseUrl,
)

from .conftest import TOKEN, Internet, Person


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "100.64.0.1", "::1",
     "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "localhost", "2130706433", "0x7f.1"],
)  # fmt: skip
def test_private_addresses_are_not_sent_to_however_they_are_written(host: str) -> None:
    with pytest.raises(AddressNotAllowed):
        Addresses().resolve(host, 443)
    assert Addresses(allows_private=True).resolve("127.0.0.1", 443) == "127.0.0.1"


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/x", "https://user:pw@example.com/", "https:///x", "http://example.com:22/",
     "https://example.com:bad/", "javascript:alert(1)"],
)  # fmt: skip
def test_urls_that_no_webhook_has_are_refused(url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        Addresses().check_url(url)


@pytest.mark.parametrize(
    "url",
    ["json://127.0.0.1/x", "gotify://localhost/token123", "ntfy://10.0.0.1/topic", "dbus://",
     "syslog://", "mailto://a:b@example.com", "nonsense", "nonsense://x",
     "slack://"],
)  # fmt: skip
def test_apprise_urls_to_this_machine_or_of_nothing_are_refused(url: str) -> None:
    with pytest.raises(NoAppriseUrl):
        AppriseSender(Addresses()).check(url)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
class TestRoutes:
    """The routes of channels."""

    @pytest.fixture
    def overrides(self, overrides: dict[str, Any], request: Any) -> dict[str, Any]:
        is_strict = "private" in request.node.name
        return {**overrides, "notify_private_addresses": not is_strict}

    def test_a_webhook_to_a_private_address_is_refused_with_the_reason(
        self, person: Person
    ) -> None:
        answer = person.add("webhook", status=422, url="https://127.0.0.1/x")
        assert "private network" in answer["detail"][0]["msg"]

    def test_an_apprise_url_is_sent_to_without_following_redirects(
        self, person: Person, notes: Notifications, internet: Internet, clock: Any
    ) -> None:
        host = internet.url.removeprefix("http://")
        person.add("apprise", url=f"json://{host}/apprise")
        person.happens(notes, "a")
        notes.courier.run_due()
        (posted,) = internet.to("/apprise")
        assert "Title a" in posted["message"]
        internet.status["/apprise"] = [302]
        person.happens(notes, "b")
        notes.courier.run_due()
        assert len(internet.posts) == 1
        assert person.log()[-1]["status"] == "waiting"

    def test_a_test_message_goes_to_one_channel_and_not_to_the_bell(
        self, person: Person, notes: Notifications, internet: Internet
    ) -> None:
        first, _ = person.webhook("/one"), person.webhook("/two")
        url = f"/api/notifications/channels/{first['channel']['id']}/test"
        assert person.client.post(url).status_code == 202
        notes.courier.run_due()
        assert len(internet.to("/one")) == 1
        assert internet.to("/two") == []
        assert person.inbox() == []
        bot = person.add("telegram", bot_token=TOKEN)["channel"]["id"]
        url = f"/api/notifications/channels/{bot}/test"
        assert person.client.post(url).status_code == 409

    def test_another_person_sees_and_changes_nothing(
        self, person: Person, notes: Notifications, sign_in: Any
    ) -> None:
        channel = person.webhook()["channel"]["id"]
        person.happens(notes, "a")
        other, url = sign_in("b@example.com"), f"/api/notifications/channels/{channel}"
        for path in ("", "/channels", "/deliveries"):
            assert other.get(f"/api/notifications{path}").json() == []
        assert other.delete(url).status_code == 404
        assert other.patch(url, json={"is_enabled": False}).status_code == 404
        assert other.post(f"{url}/test").status_code == 404
        wish = {"modes": {"order.filled": {str(channel): "now"}}}
        assert other.patch("/api/notifications/settings", json=wish).status_code == 422
        assert other.post("/api/notifications/read", json={"up_to_id": 10**6}).status_code == 200
        assert person.client.get("/api/notifications/unread").json()["unread"] == 1

    def test_the_bell_counts_what_is_unread(self, person: Person, notes: Notifications) -> None:
        person.happens(notes, "a", "b", "c")
        unread = person.client.get("/api/notifications/unread").json()
        assert unread["unread"] == 3
        read = {"up_to_id": person.inbox()[1]["id"]}
        assert person.client.post("/api/notifications/read", json=read).json()["unread"] == 1
        found = person.client.get("/api/notifications?unread=true")
        assert [one["title"] for one in found.json()] == ["Title c"]
        assert found.headers["X-Total-Count"] == "1"

    def test_settings_have_every_event_for_every_channel(
        self, person: Person, notes: Notifications
    ) -> None:
        channel = str(person.webhook()["channel"]["id"])
        shown = person.choose(modes={"signal.placed": {channel: "now", "in_app": "off"}})
        chosen = next(one for one in shown["events"] if one["event"] == "signal.placed")
        assert chosen["modes"] == {"in_app": "off", channel: "now"}
        assert all(set(one["modes"]) == {"in_app", channel} for one in shown["events"])
        half = person.client.patch("/api/notifications/settings", json={"quiet_from": 60})
        assert half.status_code == 422
        wrong = {"modes": {"no.such": {"in_app": "off"}}}
        answer = person.client.patch("/api/notifications/settings", json=wrong)
        assert answer.status_code == 422


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_secrets_of_channels_are_in_no_response_log_or_file(
    person: Person, notes: Notifications, internet: Internet, tmp_path: Path, capfd: Any,
    caplog: Any, clock: Any,
) -> None:  # fmt: skip
    """A canary: bot token, signing secret, the path of a webhook, an Apprise URL."""
    caplog.set_level("DEBUG")
    host = internet.url.removeprefix("http://")
    signing = person.webhook("/canary-webhook-path")["signing_secret"]
    person.add("apprise", url=f"json://{host}/canary-apprise-path")
    person.telegram(notes)
    failing = ("/canary-webhook-path", "/canary-apprise-path", f"/bot{TOKEN}/sendMessage")
    for path in failing:
        internet.status[path] = [500, 401]
    person.happens(notes, "a")
    for _ in range(3):
        notes.courier.run_due()
        clock.advance(minutes=20)
    shown = [str(person.log()), person.client.get("/api/notifications/channels").text,
             person.client.get("/api/notifications").text]  # fmt: skip
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    out, err = capfd.readouterr()
    ours = "\n".join(
        record.getMessage() for record in caplog.records
        if not record.name.startswith(("httpcore", "urllib3", "httpx", "asyncio"))
    )  # fmt: skip
    everything = "\n".join([*shown, out, err, ours]).encode()
    everything += b"".join(path.read_bytes() for path in files)
    canaries = (TOKEN, signing, "canary-webhook-path", "canary-apprise-path")
    assert [one for one in canaries if one.encode() in everything] == []
