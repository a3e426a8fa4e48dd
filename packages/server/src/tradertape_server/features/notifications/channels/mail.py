"""E-mail, to the address of the account."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass

from tradertape_server.features.notifications.channels.message import SENT, Message, Outcome, Target
from tradertape_server.platform.mail import Mail, Mailer

MOST_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class MailSender:
    """Sends by the server's mailer, on the caller's thread."""

    mailer: Mailer

    def send(self, target: Target, message: Message) -> Outcome:
        """Send once; without a mail server into the outbox folder."""
        mail = Mail(
            to=target.email,
            subject=f"TraderTape: {message.title}",
            text=message.text(MOST_CHARACTERS) + "\n",
            notice="",
        )
        try:
            self.mailer.send_now(mail)
        except smtplib.SMTPRecipientsRefused:
            return Outcome("refused", "The mail server refuses the recipient.")
        except smtplib.SMTPServerDisconnected:
            return Outcome("unknown", "The mail server closed the connection.")
        except smtplib.SMTPResponseException as error:
            return Outcome("not_sent", f"The mail server answered {error.smtp_code}.")
        except (smtplib.SMTPException, ConnectionRefusedError) as error:
            return Outcome("not_sent", f"The mail server failed ({type(error).__name__}).")
        except OSError as error:
            return Outcome("unknown", f"The mail server did not answer ({type(error).__name__}).")
        return SENT
