"""Settings: the page that lists them, the environment, and wrong values."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

SETTINGS_PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def test_the_page_and_the_file_say_the_same() -> None:
    """Each setting has its line: name, default and description, word for word."""
    rows = re.findall(
        r"^\| `(TRADERTAPE_\w+)` \| (.*?) \| (.*?) \|$", SETTINGS_PAGE.read_text(), re.M
    )
    expected = {
        f"TRADERTAPE_{name.upper()}": (shown(field.default), field.description)
        for name, field in Settings.model_fields.items()
    }
    assert {name: (default, text) for name, default, text in rows} == expected


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADERTAPE_PORT", "9000")
    monkeypatch.setenv("TRADERTAPE_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")
    monkeypatch.setenv("TRADERTAPE_DATABASE_URL", "postgres://u:p@db/name")
    settings = Settings()
    assert settings.effective_public_url == "http://localhost:9000"
    assert settings.trusted_proxies == ("10.0.0.0/8", "127.0.0.1")
    assert settings.effective_database_url == "postgresql+psycopg://u:p@db/name"


def test_how_kind_the_paper_market_is_can_be_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRADERTAPE_HOME", str(tmp_path))
    monkeypatch.setenv("TRADERTAPE_PAPER_PARTIAL_FILLS", "true")
    monkeypatch.setenv("TRADERTAPE_PAPER_QUEUE_SHARE", "0.5")
    monkeypatch.setenv("TRADERTAPE_PAPER_SLIPPAGE_BPS", "12.5")
    container = build_container(Settings())
    rules = container.execution.settings.rules
    container.close()
    assert (rules.partial_fills, rules.queue_share, rules.slippage_bps) == (
        True,
        Decimal("0.5"),
        Decimal("12.5"),
    )


@pytest.mark.parametrize(
    "wrong", [{"port": 0}, {"trusted_proxies": "everybody"}, {"log_level": "loud"}]
)
def test_a_wrong_setting_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)


def shown(default: Any) -> str:
    """How the page writes a default."""
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default is None or default in ("", ()):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`"
