"""`configure`, `reset`, `version`, and what the file may hold."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tradertape_agent import __version__
from tradertape_agent.cli.main import app
from tradertape_agent.config.folder import Folder, write_private
from tradertape_agent.config.settings import load
from tradertape_agent.errors import NotConfigured

PROMPTS = (
    "Cloud URL [https://tradertape.com]:",
    "Agent API key (zt_...):",
    "Primary broker (kite/upstox/groww) [kite]:",
    "Kite API key:",
    "Kite API secret:",
    "Auto-execute signals (y/N):",
    "Stop loss percent [5]:",
    "Poll interval seconds [30]:",
)
DOCUMENTED = {
    "cloud_url": "https://tradertape.com",
    "api_key": "zt_abc123",
    "primary_broker": "kite",
    "kite_api_key": "xxx",
    "kite_api_secret": "yyy",
    "upstox_api_key": "",
    "upstox_api_secret": "",
    "groww_api_key": "",
    "groww_api_secret": "",
    "auto_execute": False,
    "stop_loss_pct": 5,
    "poll_interval": 30,
}


def call(*arguments: str, entered: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=entered, prog_name="tradertape-agent")


def written(config: Path, **changes: object) -> Path:
    write_private(config, json.dumps({**DOCUMENTED, **changes}).encode())
    return config


def test_ac_02_help_lists_the_documented_commands_first() -> None:
    shown = call("--help").output
    assert shown.startswith("Usage: tradertape-agent [COMMAND]\n")
    commands = shown[shown.index("Commands:") :].splitlines()[1:]
    assert [" ".join(one.split()) for one in commands[:4]] == [
        "configure Interactive setup wizard",
        "run Run the agent (default if no command given)",
        "reset Wipe local config and start over",
        "status Print current status",
    ]


def test_ac_02_without_a_command_it_runs(config: Path) -> None:
    for arguments in ((), ("--once",), ("run", "--once")):
        result = call(*arguments)
        assert result.exit_code == 3
        assert f"no configuration at {config}" in result.output


def test_ac_03_the_wizard_asks_word_for_word_in_order(config: Path) -> None:
    result = call("configure", entered="\nzt_abc123\nkite\nxxx\nyyy\nn\n5\n30\n")
    assert result.exit_code == 0, result.output
    places = [result.output.index(one) for one in PROMPTS]
    assert places == sorted(places)
    assert json.loads(config.read_text()) == DOCUMENTED
    assert list(json.loads(config.read_text())) == list(DOCUMENTED)
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


def test_ac_03_the_wizard_asks_for_the_chosen_broker_and_again_after_a_wrong_answer(
    config: Path,
) -> None:
    answers = "http://example.com\nhttps://a.example\nabc\nzt_k\nfyers\nupstox\nu\ns\nmaybe\ny\n99\n7.5\n1\n60\n"
    result = call("configure", entered=answers)
    assert result.exit_code == 0, result.output
    for words in ("not encrypted", "begins with zt_", "choose one of", "answer y or n"):
        assert words in result.output
    assert "Upstox API key:" in result.output
    found = json.loads(config.read_text())
    assert (found["upstox_api_key"], found["upstox_api_secret"]) == ("u", "s")
    assert (found["auto_execute"], found["stop_loss_pct"], found["poll_interval"]) == (
        True,
        7.5,
        60,
    )


def test_ac_03_run_again_it_offers_what_is_stored_and_shows_no_secret(config: Path) -> None:
    written(config, own_key={"kept": 1}, poll_interval=45)
    result = call("configure", entered="\n\n\n\n\n\n\n\n")
    assert result.exit_code == 0, result.output
    assert "Poll interval seconds [45]:" in result.output
    assert "zt_abc123" not in result.output
    assert "yyy" not in result.output
    assert json.loads(config.read_text()) == {
        **DOCUMENTED, "poll_interval": 45, "own_key": {"kept": 1},
    }  # fmt: skip


def test_ac_03_another_broker_is_added_without_the_rest(config: Path) -> None:
    written(config)
    assert call("configure", "--broker", "groww", entered="g\nh\n").exit_code == 0
    settings = load(Folder(config), {})
    assert settings.brokers == ("kite", "groww")


def test_ac_04_a_file_that_others_can_read_is_refused(config: Path) -> None:
    written(config).chmod(0o640)
    with pytest.raises(NotConfigured, match="chmod 600"):
        load(Folder(config), {})
    assert load(Folder(config), {}, is_insecure=True).poll_interval_s == 30
    result = call("status")
    assert (result.exit_code, "mode 640" in result.output) == (3, True)


def test_ac_04_the_environment_replaces_what_the_file_says(config: Path) -> None:
    written(config)
    environment = {
        "TRADERTAPE_CLOUD_URL": "https://b.example/", "TRADERTAPE_KITE_API_SECRET": "other",
        "TRADERTAPE_AUTO_EXECUTE": "yes", "TRADERTAPE_POLL_INTERVAL": "10",
    }  # fmt: skip
    settings = load(Folder(config), environment)
    assert settings.cloud_url == "https://b.example"
    assert settings.credentials["kite"].api_secret.reveal() == "other"
    assert (settings.auto_execute, settings.poll_interval_s) == (True, 10)


def test_ac_04_a_secret_may_be_in_the_keyring(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keyring

    asked: list[tuple[str, str]] = []

    def password(service: str, name: str) -> str | None:
        asked.append((service, name))
        return "from the keyring" if name == "kite_api_secret" else None

    monkeypatch.setattr(keyring, "get_password", password)
    written(config, kite_api_secret="keyring:")
    secret = load(Folder(config), {}).credentials["kite"].api_secret
    assert secret.reveal() == "from the keyring"
    assert asked == [("tradertape-agent", "kite_api_secret")]
    written(config, kite_api_secret="keyring:elsewhere")
    with pytest.raises(NotConfigured, match="keyring set tradertape-agent elsewhere"):
        load(Folder(config), {})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"api_key": ""}, "Settings → Trading Agent"),
        ({"api_key": "abc"}, "begin with zt_"),
        ({"cloud_url": "http://tradertape.com"}, "not encrypted"),
        ({"cloud_url": "tradertape.com"}, "must be an address"),
        ({"primary_broker": "fyers"}, "one of kite, upstox, groww"),
        ({"poll_interval": 2}, "from 5 to 120"),
        ({"poll_interval": True}, "must be a number"),
        ({"stop_loss_pct": "x"}, "must be a number"),
        ({"stop_loss_pct": 51}, "from 0 to 50"),
        ({"auto_execute": "perhaps"}, "true or false"),
        ({"kite_api_key": 5}, "text in quotes"),
    ],
)
def test_ac_04_a_wrong_value_is_named(config: Path, changes: dict[str, object], words: str) -> None:
    written(config, **changes)
    with pytest.raises(NotConfigured, match=words):
        load(Folder(config), {})


def test_ac_04_a_broken_file_is_not_overwritten(config: Path) -> None:
    config.write_text("{")
    config.chmod(0o600)
    result = call("configure", entered="\n")
    assert (result.exit_code, "not valid JSON" in result.output) == (3, True)
    assert config.read_text() == "{"


def test_ac_05_reset_keeps_the_secret_factor_unless_it_is_asked_for(config: Path) -> None:
    factor = Folder(config).factor
    written(config)
    factor.write_text("{}")
    result = call("reset", entered="y\nn\n")
    assert result.exit_code == 0, result.output
    assert (config.exists(), factor.exists()) == (False, True)
    assert "could never be unscaled again" in result.output
    written(config)
    assert call("reset", entered="n\n").exit_code == 1
    assert config.exists()
    assert call("reset", "--yes", "--factor").exit_code == 0
    assert (config.exists(), factor.exists()) == (False, False)


def test_ac_06_status_prints_the_cloud_url_and_no_secret(config: Path) -> None:
    assert call("status").exit_code == 3
    written(config)
    shown = call("status").output
    assert "Cloud URL:          https://tradertape.com" in shown
    assert "Brokers:            kite" in shown
    assert "Running:            no" in shown
    as_json = call("status", "--json").output
    assert json.loads(as_json)["waiting_signals"] == 0
    for secret in ("zt_abc123", "yyy"):
        assert secret not in shown + as_json


def test_ac_10_a_broker_is_loaded_with_both_its_key_and_its_secret(config: Path) -> None:
    written(config, upstox_api_key="u", groww_api_key="g", groww_api_secret="h")
    assert load(Folder(config), {}).brokers == ("kite", "groww")


def test_ac_13_the_version_is_printed() -> None:
    assert call("version").output.strip() == __version__
    assert call("--version").output.strip() == __version__


def test_an_unknown_command_is_wrong_usage() -> None:
    assert call("trade").exit_code == 2
