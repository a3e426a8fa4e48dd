"""Settings, migrations, pages and mail: what the server stands on."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from fastapi.testclient import TestClient
from pydantic import SecretStr, ValidationError
from sqlalchemy import BigInteger, Float, Numeric

from tradertape_server.platform.database.engine import Database, DecimalText
from tradertape_server.platform.database.schema_migration import (
    all_tables,
    current_revision,
    newest_revision,
    upgrade,
)
from tradertape_server.platform.http.pages import file_in
from tradertape_server.platform.mail import Mail, Mailer, SmtpServer
from tradertape_server.platform.secrets import SecretBox
from tradertape_server.settings import Settings
from tradertape_server.wiring import build_container

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SETTINGS_PAGE = Path(__file__).parents[4] / "docs" / "settings.md"


class TestSettings:
    def test_the_page_and_the_file_say_the_same(self) -> None:
        """Each setting has its line: name, default and description, word for word."""
        rows = re.findall(
            r"^\| `(TRADERTAPE_\w+)` \| (.*?) \| (.*?) \|$", SETTINGS_PAGE.read_text(), re.M
        )
        expected = {
            f"TRADERTAPE_{name.upper()}": (shown(field.default), field.description)
            for name, field in Settings.model_fields.items()
        }
        assert {name: (default, text) for name, default, text in rows} == expected

    def test_the_environment_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRADERTAPE_PORT", "9000")
        monkeypatch.setenv("TRADERTAPE_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")
        monkeypatch.setenv("TRADERTAPE_DATABASE_URL", "postgres://u:p@db/name")
        settings = Settings()
        assert settings.effective_public_url == "http://localhost:9000"
        assert settings.trusted_proxies == ("10.0.0.0/8", "127.0.0.1")
        assert settings.effective_database_url == "postgresql+psycopg://u:p@db/name"

    def test_how_kind_the_paper_market_is_can_be_set(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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
    def test_a_wrong_setting_is_refused(self, wrong: dict[str, Any]) -> None:
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


class TestMigrations:
    def test_the_migrations_make_exactly_the_models(self, database_url: str) -> None:
        """On both databases: from nothing to the newest, and no difference left."""
        database = Database(database_url)
        assert current_revision(database.engine) == newest_revision()
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            differences = compare_metadata(context, all_tables())
        database.close()
        assert differences == []

    def test_no_column_holds_money_or_quantities_as_a_float(self) -> None:
        """FAULTS, R1: floats are durations; amounts have 64 bits, prices are texts of decimals."""
        columns = [column for table in all_tables().tables.values() for column in table.columns]
        floats = {column.name for column in columns if isinstance(column.type, (Float, Numeric))}
        assert floats == {"took_ms", "eta_s", "expires_s"}
        amounts = [column for column in columns if re.search("paise|quantity", column.name)]
        prices = [column for column in columns if "price" in column.name]
        assert amounts
        assert prices
        assert all(isinstance(column.type, BigInteger) for column in amounts)
        assert all(isinstance(column.type, DecimalText) for column in prices)

    def test_upgrading_twice_changes_nothing(self, database_url: str) -> None:
        database = Database(database_url)
        upgrade(database.engine)
        assert current_revision(database.engine) == newest_revision()
        database.close()


class TestPages:
    @pytest.fixture
    def overrides(self, tmp_path: Path) -> dict[str, Any]:
        console, docs = tmp_path / "console", tmp_path / "docs"
        (console / "assets").mkdir(parents=True)
        (docs / "guide").mkdir(parents=True)
        (console / "index.html").write_text("<title>console</title>" + "x" * 2000)
        (console / "assets" / "app-1a2b.js").write_text("start()")
        (console / "favicon.svg").write_text("<svg/>")
        (docs / "index.html").write_text("docs home")
        (docs / "guide" / "index.html").write_text("guide")
        (tmp_path / "secret.txt").write_text("secret")
        return {"console_dir": console, "docs_dir": docs}

    @ON_SQLITE
    def test_the_console_answers_for_its_own_routes(self, client: TestClient) -> None:
        for path in ("/", "/strategies/4", "/sign-in/verify?token=x", "/backtests/new"):
            page = client.get(path)
            assert "console" in page.text
            assert page.headers["Cache-Control"] == "no-cache"
        assert client.get("/", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"]

    @ON_SQLITE
    def test_hashed_files_are_kept_and_missing_ones_are_missing(self, client: TestClient) -> None:
        script = client.get("/assets/app-1a2b.js")
        assert "immutable" in script.headers["Cache-Control"]
        assert script.headers["Content-Type"].startswith("text/javascript")
        assert client.get("/favicon.svg").headers["Cache-Control"] == "no-cache"
        assert client.get("/assets/app-gone.js").status_code == 404
        assert client.get("/robots.txt").status_code == 404
        assert client.head("/").status_code == 200

    @ON_SQLITE
    def test_the_docs_are_served_with_their_folders(self, client: TestClient) -> None:
        assert client.get("/docs").text == "docs home"
        assert client.get("/docs/guide").url.path == "/docs/guide/"
        assert client.get("/docs/guide/").text == "guide"
        assert client.get("/docs/nothing/").status_code == 404

    @ON_SQLITE
    @pytest.mark.parametrize(
        "path",
        ["/..%2fsecret.txt", "/docs/..%2f..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"],
    )
    def test_no_path_leads_out_of_the_folder(self, client: TestClient, path: str) -> None:
        answer = client.get(path)
        assert "secret" not in answer.text

    def test_a_link_out_of_the_folder_is_not_followed(self, tmp_path: Path) -> None:
        folder = tmp_path / "site"
        folder.mkdir()
        (tmp_path / "secret.txt").write_text("secret")
        (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
        (folder / "own.txt").write_text("own")
        assert file_in(folder, "link.txt") is None
        assert file_in(folder, "../secret.txt") is None
        assert file_in(folder, "own\0.txt") is None
        assert file_in(folder, "own.txt") == folder / "own.txt"


@ON_SQLITE
class TestWithoutBuiltPages:
    @pytest.fixture
    def overrides(self, tmp_path: Path) -> dict[str, Any]:
        return {"console_dir": tmp_path / "none", "docs_dir": tmp_path / "none"}

    def test_the_first_page_says_how_to_get_the_console(self, client: TestClient) -> None:
        page = client.get("/")
        assert page.status_code == 200
        assert "make web" in page.text
        assert "/api/docs" in page.text
        assert client.get("/docs/").status_code == 404

    def test_the_api_describes_itself_without_the_internet(self, client: TestClient) -> None:
        """AU-17: OpenAPI at /api/docs, /api/redoc, /api/openapi.json; every script is ours."""
        assert client.get("/api/openapi.json").json()["openapi"].startswith("3.")
        for path in ("/api/docs", "/api/redoc"):
            page = client.get(path).text
            assert "http:" not in page
            assert "https:" not in page
            sources = re.findall(r'(?:src|href)="(/[^"]+)"', page)
            assert sources
            assert all(client.get(source).status_code == 200 for source in sources)

    def test_no_endpoint_shows_the_database(self, client: TestClient) -> None:
        """EC-06."""
        paths = client.get("/api/openapi.json").json()["paths"]
        assert not [path for path in paths if re.search(r"sql|schema|query|dump", path)]


class TestSecrets:
    def test_the_key_file_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        SecretBox.open(tmp_path / "secrets")
        assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "secrets" / "encryption.keys").stat().st_mode & 0o777 == 0o600

    def test_a_new_key_on_top_still_reads_what_the_old_one_wrote(self, tmp_path: Path) -> None:
        old = SecretBox.open(tmp_path / "a")
        sealed, hashed = old.seal(b"secret"), old.code_hash("a@example.com", "123456")
        newer = SecretBox.open(tmp_path / "b").seal(b"other")
        keys = [(tmp_path / name / "encryption.keys").read_text() for name in ("b", "a")]
        (tmp_path / "a" / "encryption.keys").write_text("".join(keys))
        both = SecretBox.open(tmp_path / "a")
        assert both.unseal(sealed) == b"secret"
        assert both.unseal(newer) == b"other"
        assert both.code_hash("a@example.com", "123456") == hashed
        assert old.unseal(newer) is None


class MailServer(socketserver.StreamRequestHandler):
    """As much of SMTP as one mail needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            command = line.strip().upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.received.append(b"".join(lines).decode())  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
            if command == b"QUIT":
                return


@pytest.fixture
def mail_server() -> Iterator[Any]:
    with socketserver.TCPServer(("127.0.0.1", 0), MailServer) as server:
        server.received = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class TestMail:
    MAIL = Mail(to="a@example.com", subject="Hello", text="the text", notice="the notice")

    def mailer(self, tmp_path: Path, clock: Any, announced: list[str], port: int | None) -> Mailer:
        server = SmtpServer("127.0.0.1", port, "", "", "none") if port else None
        return Mailer(
            outbox=tmp_path / "outbox", clock=clock, server=server, announce=announced.append,
            sender="TraderTape <t@example.com>",
        )  # fmt: skip

    def test_mail_goes_through_the_mail_server(
        self, tmp_path: Path, clock: Any, mail_server: Any
    ) -> None:
        announced: list[str] = []
        mailer = self.mailer(tmp_path, clock, announced, mail_server.server_address[1])
        mailer.send(self.MAIL)
        mailer.close()
        assert "Subject: Hello" in mail_server.received[0]
        assert "the text" in mail_server.received[0]
        assert announced == []
        assert not (tmp_path / "outbox").exists()

    def test_a_mail_that_does_not_leave_is_in_the_outbox(self, tmp_path: Path, clock: Any) -> None:
        announced: list[str] = []
        mailer = self.mailer(tmp_path, clock, announced, port=1)
        mailer.send(self.MAIL)
        mailer.close()
        written = next((tmp_path / "outbox").glob("*.eml"))
        assert "the text" in written.read_text()
        assert written.stat().st_mode & 0o777 == 0o600
        assert "the notice" in announced[0]
        assert mailer.last_problem
