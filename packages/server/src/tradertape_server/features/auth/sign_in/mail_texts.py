"""Texts of the mails about accounts."""

from __future__ import annotations

from datetime import datetime

from tradertape_core.kernel.clock import IST
from tradertape_server.platform.mail import Mail


def sign_in_mail(*, to: str, link: str, code: str, minutes: int) -> Mail:
    """Build the mail with the sign-in link and code."""
    text = (
        f"Sign in to TraderTape with this link:\n\n{link}\n\n"
        f"or enter this code on the sign-in page: {code}\n\n"
        f"Both can be used once, within {minutes} minutes. If you did not request them, ignore\n"
        "this mail: nobody can sign in without them.\n"
    )
    notice = f"Sign-in link for {to}: {link}\nSign-in code: {code}"
    return Mail(to=to, subject="Your TraderTape sign-in link", text=text, notice=notice)


def administrator_mail(*, to: str) -> Mail:
    """Build the mail to the first account of a server, which administers it."""
    text = (
        f"Your account {to} is the first on this server, and therefore its administrator: you\n"
        "choose the market it trades, start its sandbox, and list and disable accounts.\n"
    )
    subject = "TraderTape: you are the administrator"
    return Mail(to=to, subject=subject, text=text, notice=f"{to} is this server's administrator.")


def security_mail(*, to: str, event: str, at: datetime, detail: str = "") -> Mail:
    """Build the mail about a change of an account's protection, for an owner who did not make it.

    event: what happened, a sentence without its full stop.
    """
    when = f"{at.astimezone(IST):%d %b %Y, %H:%M} IST"
    text = (
        f"{event} for your TraderTape account {to} on {when}.\n\n"
        f"{detail}If this was not you, change your password and sign out all other browsers in\n"
        "Settings, Security, and tell the administrator of the server.\n"
    )
    return Mail(to=to, subject=f"TraderTape: {event.lower()}", text=text, notice=f"{event}: {to}")
