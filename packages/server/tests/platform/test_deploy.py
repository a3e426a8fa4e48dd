"""The files of `deploy/`: what can be said of them without a container engine."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tradertape_server.settings import Settings

ROOT = Path(__file__).parents[4]
DEPLOY = ROOT / "deploy"
KNOWN = {f"TRADERTAPE_{name.upper()}" for name in Settings.model_fields}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yml").read_text())


def test_every_variable_is_a_setting() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            names = set(re.findall(r"TRADERTAPE_[A-Z_]+", path.read_text()))
            assert names <= KNOWN, path


def test_every_server_has_settings_the_program_takes(compose: dict[str, Any]) -> None:
    roles: list[str] = []
    for name, service in compose["services"].items():
        values = service.get("environment", {})
        if "TRADERTAPE_ROLE" not in values:
            continue
        filled = {
            key.removeprefix("TRADERTAPE_").lower(): re.sub(r"\$\{(\w+):[^}]*\}", r"\1", value)
            for key, value in values.items()
        }
        settings = Settings(**filled)
        assert settings.effective_address == f"http://{name}:18777"
        assert settings.effective_database_url.startswith("postgresql+psycopg://tradertape:")
        roles.append(settings.role)
    assert sorted(roles) == ["trader", "trader", "web", "web"]


def test_what_services_name_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert set(service.get("networks", ())) <= set(compose["networks"])
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).is_file()
    wanted = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yml").read_text()))
    assert wanted == set(re.findall(r"^(\w+)=", (DEPLOY / "example.env").read_text(), re.M))


def test_the_image_copies_what_exists_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    stages = [line.split()[-1] for line in lines if re.match(r"FROM .* AS ", line)]
    for line in lines:
        if not line.startswith("COPY"):
            continue
        parts = line.split()[1:]
        if parts[0].startswith("--from="):
            source = parts[0].removeprefix("--from=")
            assert source in stages or "/" in source, line
        else:
            assert all((ROOT / one).exists() for one in parts[:-1]), line
    users = [line for line in lines if line.startswith("USER")]
    assert users == ["USER tradertape"]
    assert lines.index(users[0]) > max(i for i, line in enumerate(lines) if line.startswith("FROM"))


def test_the_unit_is_one_and_gives_a_stop_its_time() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / "systemd" / "tradertape.service")
    assert unit["Service"]["ExecStart"].endswith("/tradertape serve")
    assert int(unit["Service"]["TimeoutStopSec"]) > Settings().graceful_stop_s
    assert unit["Service"]["User"] != "root"
