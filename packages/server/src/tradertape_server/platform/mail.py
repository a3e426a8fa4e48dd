"""Sending mail: by SMTP where configured, otherwise into an outbox folder and onto the console.

Mail is sent on its own thread, so that a request takes as long for a known address as for an
unknown one.
"""

from __future__ import annotations

import os
import re
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import Literal

from tradertape_core.kernel.clock import Clock
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.secrets import private_folder
from tradertape_server.platform.tls import tls

TIMEOUT_S = 20
MAX_QUEUED = 1000

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail; `notice` is what the console shows when there is no mail server."""

    to: str
    subject: str
    text: str
    notice: str


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server and the account to send with."""

    host: str
    port: int
    user: str
    password: str
    security: Literal["starttls", "tls", "none"]


class Mailer:
    """A queue of mails and the thread that sends them."""

    def __init__(
        self,
        *,
        outbox: Path,
        clock: Clock,
        server: SmtpServer | None,
        announce: Callable[[str], None],
        sender: str,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._server = server
        self._announce = announce
        self._sender = sender
        self._queue: Queue[Mail | None] = Queue(MAX_QUEUED)
        self._thread: Thread | None = None
        self.last_problem = ""

    @property
    def delivery_text(self) -> str:
        """How mail is delivered, for the health page."""
        return "Sent by a mail server." if self._server else "Written to the outbox folder."

    def send(self, mail: Mail) -> None:
        """Queue a mail; a full queue drops it with an error in the log."""
        if self._thread is None:
            self._thread = Thread(target=self._work, name="mail", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait(mail)
        except Full:
            self.last_problem = "the mail queue is full"
            logger.error("mail dropped: the queue is full")

    def send_now(self, mail: Mail) -> None:
        """Send a mail on the caller's thread; without a mail server it goes to the outbox folder.

        Raises OSError or SMTPException where it was not sent.
        """
        message = self._message(mail)
        if self._server is None:
            self._to_outbox(message)
        else:
            post(self._server, message)

    def wait_until_sent(self) -> None:
        """Wait until the queue is empty."""
        self._queue.join()

    def close(self) -> None:
        """Send what is queued and stop."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(TIMEOUT_S)
            self._thread = None

    def _work(self) -> None:
        while True:
            mail = self._queue.get()
            try:
                if mail is None:
                    return
                self._deliver(mail)
            except OSError:
                # A mail that cannot be written must not stop the thread that sends the next.
                logger.exception("mail could not be written to the outbox")
            finally:
                self._queue.task_done()

    def _deliver(self, mail: Mail) -> None:
        message = self._message(mail)
        if self._server is not None and self._by_smtp(self._server, message):
            return
        path = self._to_outbox(message)
        self._announce(f"{mail.notice}\n(also in {path})")

    def _by_smtp(self, server: SmtpServer, message: EmailMessage) -> bool:
        try:
            post(server, message)
        except (OSError, smtplib.SMTPException) as error:
            self.last_problem = f"{type(error).__name__} at {server.host}"
            logger.exception("mail server failed; the mail is in the outbox", host=server.host)
            return False
        self.last_problem = ""
        return True

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message

    def _to_outbox(self, message: EmailMessage) -> Path:
        private_folder(self._outbox)
        stamp = self._clock.now().strftime("%Y%m%dT%H%M%S")
        address = re.sub(r"[^A-Za-z0-9]+", "-", str(message["To"]))[:60]
        path = self._outbox / f"{stamp}-{os.urandom(4).hex()}-{address}.eml"
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(bytes(message))
        return path


def post(server: SmtpServer, message: EmailMessage) -> None:
    """Hand a message to the mail server; raises OSError or SMTPException."""
    context = tls()
    connect = (
        smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
        if server.security == "tls"
        else smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    )
    with connect as connection:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
        connection.send_message(message)
