"""The `tradertape` command, as scripts use it."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import structlog
from alembic import command
from sqlalchemy import text

from tradertape_server.cli.main import COMMANDS, main
from tradertape_server.cli.trading.kill_switch import SwitchRequest, as_text
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.database.schema_migration import (
    alembic_config,
    current_revision,
    newest_revision,
)
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.platform.server_lock import ServerLock


class Done(NamedTuple):
    """The result of a command."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]
PASSWORD = "correct horse battery"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TRADERTAPE_HOME": str(tmp_path / "home"), "COLUMNS": "200"}


@pytest.fixture
def run(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command in this process, as the shell would."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level

    def run(*arguments: str, stdin: str = "") -> Done:
        output, errors, code = io.StringIO(), io.StringIO(), 0
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["tradertape", *arguments])
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                try:
                    main()
                except SystemExit as end:
                    code = int(end.code or 0)
        return Done(code, output.getvalue(), errors.getvalue())

    yield run
    structlog.configure(**configured)
    root.handlers = handlers
    root.setLevel(level)


def create(run: Run, email: str = "me@example.com", *more: str) -> dict[str, Any]:
    done = run("user", "create", email, "--password-stdin", "--json", *more, stdin=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_account_and_a_token_are_made_in_two_commands(run: Run) -> None:
    made = create(run, "Me@Example.com", "--admin")
    assert (made["is_admin"], made["has_password"]) == (True, True)
    token = run(
        "token", "create", "--user", "me@example.com", "--kind", "worker", "--name", "x",
        "--account", "kite:paper-b", "--ip", "::1", "--ip", "10.0.0.0/8",
    )  # fmt: skip
    assert token.returncode == 0
    assert token.stdout.startswith("kwa_")
    assert len(token.stdout.split()) == 1  # the token alone
    tokens = run("token", "list", "--user", "me@example.com", "--kind", "worker").stdout
    assert tokens.split()[-5:] == ["kite:paper-b", "from", "::1", "from", "10.0.0.0/8"]
    listed = json.loads(run("user", "list", "--json").stdout)
    assert [(row["email"], row["is_admin"]) for row in listed] == [("me@example.com", True)]


def test_exit_codes_distinguish_invalid_usage_from_failures(run: Run) -> None:
    create(run)
    again = run("user", "create", "me@example.com")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.strip() == "An account for me@example.com already exists."
    assert run("user", "create").returncode == 2
    assert run("usr").returncode == 2
    nobody = run("token", "create", "--user", "b@example.com", "--kind", "agent", "--name", "x")
    assert nobody.returncode == 1
    scope = run(
        "token", "create", "--user", "me@example.com", "--kind", "agent", "--name", "x",
        "--scope", "everything",
    )  # fmt: skip
    assert scope.returncode == 1
    assert "signals:read" in scope.stderr


def test_a_weak_password_or_none_is_refused(run: Run) -> None:
    weak = run("user", "create", "me@example.com", "--password-stdin", stdin="short\n")
    assert (weak.returncode, json.loads(run("user", "list", "--json").stdout)) == (1, [])
    assert run("user", "create", "me@example.com", "--password-stdin").returncode == 1


def test_an_invalid_setting_is_named(environment: dict[str, str], run: Run) -> None:
    environment["TRADERTAPE_PORT"] = "eighty"
    done = run("user", "list")
    assert done.returncode == 1
    assert "TRADERTAPE_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_database_is_created_private_with_the_newest_schema(run: Run, tmp_path: Path) -> None:
    done = json.loads(run("db", "upgrade", "--json").stdout)
    assert (done["from"], done["to"]) == (None, newest_revision())
    home = tmp_path / "home"
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "tradertape.db").stat().st_mode & 0o777 == 0o600


def test_doctor_accepts_a_fresh_installation(run: Run) -> None:
    done = run("doctor", "--json")
    findings = {row["name"]: row["status"] for row in json.loads(done.stdout)}
    assert "fail" not in {status for name, status in findings.items() if name != "port"}
    assert {"python", "home", "disk", "clock", "port", "database", "market data"} <= set(findings)


def test_doctor_fails_on_a_port_in_use(environment: dict[str, str], run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment["TRADERTAPE_PORT"] = str(taken.getsockname()[1])
        done = run("doctor", "--json")
        refused = run("serve")
    port = next(row for row in json.loads(done.stdout) if row["name"] == "port")
    assert (done.returncode, port["status"]) == (1, "fail")
    assert refused.returncode == 1
    assert "Cannot listen" in refused.stderr


def test_every_command_has_help_and_json(run: Run) -> None:
    for name in COMMANDS:
        assert run(name, "--help").returncode == 0, name
    for spoken in (
        ["user", "list"],
        ["db", "backup"],
        ["token", "create"],
        ["doctor"],
        ["serve"],
        ["status"],
    ):
        assert "--json" in run(*spoken, "--help").stdout


def test_another_installed_program_is_a_command_of_its_own(run: Run) -> None:
    listed = run("--help")
    own = run("sandbox", "serve", "--help")

    assert " sandbox " in listed.stdout
    assert own.returncode == 0
    assert "--port" in own.stdout


def test_help_imports_nothing_slow(environment: dict[str, str]) -> None:
    """`tradertape --help` is instant: nothing that takes long to import is imported for it."""
    heavy = ["fastapi", "sqlalchemy", "numpy", "pydantic", "pyarrow", "tradertape_core.strategy"]
    script = (
        "import sys; sys.argv = ['tradertape', '--help']\n"
        "from tradertape_server.cli.main import app\n"
        "try: app()\n"
        f"finally: print(sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr.strip() == "[]"
    assert "backtest" in done.stdout


@pytest.fixture
def served(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server as a process; and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment["TRADERTAPE_PORT"] = str(port)
    server = subprocess.Popen(
        [sys.executable, "-m", "tradertape_server", "serve"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    yield server, url
    server.terminate()
    server.communicate(timeout=30)


def wait_for(url: str) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    with httpx.Client(timeout=5) as http:
        while True:
            try:
                return http.get(f"{url}/api/health").json()
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)  # a process is starting: there is nothing else to wait on


def test_serve_prepares_serves_and_stops(
    served: tuple[subprocess.Popen[str], str], run: Run, tmp_path: Path
) -> None:
    """One command; a second server and a restore are refused while it runs; it stops cleanly."""
    server, url = served
    assert wait_for(url)["checks"]["database"]["status"] == "ok"
    assert "is running already" in run("serve").stderr
    status = json.loads(run("status", "--json").stdout)
    assert (status["fence"], status["address"], status["redis"]) == (1, url, "not used")
    assert f":{server.pid}:" in status["trader"]
    backup = run("db", "backup").stdout.strip()
    refused = run("db", "restore", backup)
    assert refused.returncode == 1
    assert "A server is running" in refused.stderr
    create(run, "me@example.com", "--admin")
    halted = json.loads(run("halt", "--reason", "a test", "--json").stdout)
    assert (halted["active"], halted["done_by"]) == (True, f"the server at {url}")
    server.terminate()
    output, _ = server.communicate(timeout=30)
    assert server.returncode in {0, -15}
    assert f"TraderTape is at http://localhost:{url.rpartition(':')[2]}" in output
    assert run("status").returncode == 1
    resumed = json.loads(run("resume", "--json").stdout)
    assert (resumed["active"], resumed["done_by"]) == (False, "this command")
    assert run("db", "restore", backup).returncode == 0


def test_trading_is_stopped_and_resumed_without_a_server(run: Run, tmp_path: Path) -> None:
    create(run, "me@example.com")
    assert "There is no administrator" in run("halt").stderr
    assert "Account nobody@example.com" in run("halt", "--account", "nobody@example.com").stderr
    create(run, "admin@example.com", "--admin")
    assert "stopped for account me@example.com" in run("halt", "--account", "me@example.com").stdout
    assert "stopped for the whole server" in run("halt", "--reason", "broker is down").stdout
    printed = run("resume", "--account", "me@example.com").stdout
    assert "the server's own switch is still on: broker is down" in printed
    assert "Nothing is open." in run("resume").stdout
    database = Database(f"sqlite:///{tmp_path / 'home' / 'tradertape.db'}")
    with database.read() as session:
        rows = session.execute(text("SELECT actor, action FROM audit_log ORDER BY id")).all()
    database.close()
    assert [tuple(row) for row in rows if "kill_switch" in row[1]] == [
        ("me@example.com", "kill_switch_on"),
        ("admin@example.com", "server_kill_switch_on"),
        ("me@example.com", "kill_switch_off"),
        ("admin@example.com", "server_kill_switch_off"),
    ]


def test_a_halt_lists_what_is_still_open() -> None:
    wanted = SwitchRequest(active=True, account=None)
    rests = {"account": 1, "run": "r-1", "order": "9", "what": "BUY 5 NSE:INFY OPEN"}
    printed = as_text({"active": True, "done_by": "this command", "open": [rests]}, wanted)
    assert printed.endswith("Still open:\n  BUY 5 NSE:INFY OPEN  run r-1")


def test_a_backup_restores_what_was_lost(run: Run, tmp_path: Path) -> None:
    """The drill on SQLite: back up, lose, restore; the replaced database is kept."""
    create(run)
    backup = run("db", "backup").stdout.strip()
    assert Path(backup).stat().st_mode & 0o777 == 0o600
    create(run, "later@example.com")
    restored = json.loads(run("db", "restore", backup, "--json").stdout)
    emails = [row["email"] for row in json.loads(run("user", "list", "--json").stdout)]
    assert emails == ["me@example.com"]
    run("db", "restore", restored["replaced_is_in"])
    emails = [row["email"] for row in json.loads(run("user", "list", "--json").stdout)]
    assert emails == ["me@example.com", "later@example.com"]


def test_an_invalid_backup_is_refused_and_nothing_is_lost(run: Run, tmp_path: Path) -> None:
    create(run)
    good = Path(run("db", "backup").stdout.strip())
    half = tmp_path / "half.db"
    half.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    newer = tmp_path / "newer.db"
    newer.write_bytes(good.read_bytes())
    database = Database(f"sqlite:///{newer}")
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    text_file = tmp_path / "text.db"
    text_file.write_text("not a database")
    for path in (half, newer, text_file, tmp_path / "missing.db"):
        done = run("db", "restore", str(path))
        assert done.returncode == 1, path
        assert "Traceback" not in done.stderr
    assert len(json.loads(run("user", "list", "--json").stdout)) == 1


def test_keys_are_rotated_and_the_old_ones_dropped(run: Run, tmp_path: Path) -> None:
    """AU-08: the key of encrypted secrets has a rotation command."""
    create(run)
    database = Database(f"sqlite:///{tmp_path / 'home' / 'tradertape.db'}")
    box = SecretBox.open(tmp_path / "home" / "secrets")
    with database.write() as session:
        session.execute(text("UPDATE users SET totp_secret = :it"), {"it": box.seal(b"seed")})
    done = json.loads(run("db", "rotate-keys", "--json").stdout)
    assert (done["encrypted_again"], done["unreadable"]) == (1, 0)
    assert "Stored secrets encrypted anew: 1." in run("db", "rotate-keys").stdout
    assert "Removed 2 old keys" in run("db", "rotate-keys", "--drop-old").stdout
    with database.read() as session:
        sealed = session.scalar(text("SELECT totp_secret FROM users"))
    assert SecretBox.open(tmp_path / "home" / "secrets").unseal(sealed) == b"seed"
    lock = ServerLock(tmp_path / "home")
    assert lock.take()
    refused = run("db", "rotate-keys", "--drop-old")
    lock.release()
    database.close()
    assert refused.returncode == 1
    assert "A server runs" in refused.stderr


def test_an_upgrade_keeps_a_copy_of_the_old_database(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    database = Database(f"sqlite:///{home / 'tradertape.db'}")
    config = alembic_config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    database.close()
    done = json.loads(run("db", "upgrade", "--json").stdout)
    assert (done["from"], done["to"]) == ("0001", newest_revision())
    copies = list((home / "backups").glob("before-upgrade-from-0001-*.db"))
    assert len(copies) == 1
    copy = Database(f"sqlite:///{copies[0]}")
    assert current_revision(copy.engine) == "0001"
    copy.close()
