"""Secrets that are given to a broker's routes come out nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from .conftest import SECRET, callback_of, save

WRONG = "canary-wrong-secret-7"


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broker", ["kite", "upstox"])
def test_secrets_and_codes_of_a_login_are_in_no_response_log_or_file(
    broker: str, person: TestClient, tmp_path: Path, capfd: Any, caplog: Any
) -> None:
    shown: list[str] = []
    codes: list[str] = []
    for secret in (WRONG, SECRET):
        shown.append(save(person, broker, api_secret=secret).text)
        begun = person.post(f"/api/brokers/{broker}/login").json()
        code, state = callback_of(begun["login_url"])
        codes.append(code)
        opened = person.post(f"/api/brokers/{broker}/session", json={"state": state, "code": code})
        assert (opened.status_code == 200) == (secret == SECRET)
        shown.append(opened.text)
    shown.append(person.get("/api/brokers").text)

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.read_bytes().startswith(b"SQLite format 3") for path in files)
    out, err = capfd.readouterr()
    everything = "\n".join([*shown, out, err, caplog.text]).encode()
    everything += b"".join(path.read_bytes() for path in files)
    assert [one for one in (WRONG, SECRET, *codes) if one.encode() in everything] == []
