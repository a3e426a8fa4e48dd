"""The index of the SDK's wheels, as pip reads it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

WORKER = "tradertape_worker-0.8.0-py3-none-any.whl"
OTHERS = ("tradertape_indicators-0.1.0-py3-none-any.whl", "notes.txt")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in (WORKER, *OTHERS):
        (folder / name).write_bytes(name.encode())
    (tmp_path / "secret.whl").write_bytes(b"outside")
    return folder


@pytest.fixture
def overrides(wheels: Path) -> dict[str, Any]:
    return {"feed": "off", "sdk_wheels_dir": wheels}


def test_the_index_lists_the_projects(client: TestClient) -> None:
    page = client.get("/sdk/simple/").text
    assert re.findall(r'href="([^"]+)"', page) == [
        "/sdk/simple/tradertape-indicators/",
        "/sdk/simple/tradertape-worker/",
    ]


@pytest.mark.parametrize("name", ["tradertape-worker", "Tradertape_Worker"])
def test_a_project_lists_its_wheels_with_their_hashes(client: TestClient, name: str) -> None:
    page = client.get(f"/sdk/simple/{name}/").text
    (link,) = re.findall(r'href="([^"]+)"', page)
    path, _, digest = link.partition("#sha256=")
    wheel = client.get(path)
    assert wheel.content == WORKER.encode()
    assert hashlib.sha256(wheel.content).hexdigest() == digest


def test_a_wheel_that_was_built_again_has_its_new_hash(client: TestClient, wheels: Path) -> None:
    before = client.get("/sdk/simple/tradertape-worker/").text
    (wheels / WORKER).write_bytes(b"another build")
    after = client.get("/sdk/simple/tradertape-worker/").text
    assert hashlib.sha256(b"another build").hexdigest() in after
    assert after != before


@pytest.mark.parametrize(
    "path",
    [
        "/sdk/simple/requests/",
        "/sdk/wheels/notes.txt",
        "/sdk/wheels/..%2Fsecret.whl",
        "/sdk/wheels/absent-1.0-py3-none-any.whl",
    ],
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_paths_without_their_slash_lead_to_it(client: TestClient) -> None:
    answer = client.get("/sdk/simple/tradertape-worker", follow_redirects=False)
    assert answer.headers["Location"] == "/sdk/simple/tradertape-worker/"


def test_without_wheels_it_says_how_to_build_them(client: TestClient, wheels: Path) -> None:
    for wheel in wheels.iterdir():
        wheel.unlink()
    answer = client.get("/sdk/simple/tradertape-worker/")
    assert (answer.status_code, "make wheels" in answer.json()["detail"]) == (404, True)
