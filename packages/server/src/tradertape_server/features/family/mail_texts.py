"""Texts of the mails about families."""

from __future__ import annotations

from datetime import datetime

from tradertape_core.kernel.clock import IST
from tradertape_server.platform.mail import Mail


def invitation_mail(*, to: str, link: str, inviter: str, group: str, until: datetime) -> Mail:
    """Build the mail with the link of an invitation."""
    text = (
        f"{inviter} invites you to the family “{group}” on TraderTape:\n\n{link}\n\n"
        f"It can be used once, until {until.astimezone(IST):%d %b %Y, %H:%M} IST. Members show\n"
        "each other their wealth as far as each decides. You begin with percentages only; your\n"
        "strategies, orders and broker logins stay yours. If you do not know who sent this,\n"
        "ignore this mail.\n"
    )
    # One line: a name must not add a header to the mail.
    subject = " ".join(f"TraderTape: invitation to the family {group}".split())
    notice = f"Family invitation for {to}: {link}"
    return Mail(to=to, subject=subject, text=text, notice=notice)
