"""The session's headers, cookies, hooks and `auth`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_a_netrc_file_does_not_replace_the_token(
    server: Any, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client.health()
    assert server.asked[0].headers["Authorization"] == "Bearer kwa_secret"


def test_headers_and_cookies_of_the_session_are_sent(server: Any, client: Any) -> None:
    client.session.headers["X-Desk"] = "7"
    server.answer_with(server.answer({"ok": 1}, Set_Cookie="node=b; Path=/"))
    client.health()
    client.get_funds(mode="paper")
    plain, special = server.asked
    for asked in (plain, special):
        assert asked.headers["X-Desk"] == "7"
        assert asked.headers["Authorization"] == f"Bearer {client.config.token}"
    assert "Cookie" not in plain.headers
    assert special.headers["Cookie"] == "node=b"
    assert special.query == {"mode": "paper"}


def test_a_hook_of_the_session_receives_the_response(server: Any, client: Any) -> None:
    seen: list[int] = []
    client.session.hooks["response"].append(lambda answer, **_more: seen.append(answer.status_code))
    server.answer_with(server.answer({"ok": 1}))
    assert client.health() == {"ok": 1}
    assert seen == [200]
