"""Texts of the mails about accounts."""

from __future__ import annotations

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
