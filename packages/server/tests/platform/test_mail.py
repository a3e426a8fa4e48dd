"""Mail: by a mail server, and into the outbox folder without one."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tradertape_server.platform.mail import Mail, Mailer, SmtpServer


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
