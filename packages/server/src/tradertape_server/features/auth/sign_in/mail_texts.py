"""The texts of the mails about accounts."""

from __future__ import annotations

from tradertape_server.platform.mail import Mail


def sign_in_mail(*, to: str, link: str, code: str, minutes: int) -> Mail:
    """The mail with the link and the code."""
    text = (
        f"Sign in to TraderTape with this link:\n\n{link}\n\n"
        f"or type this code where you asked for it: {code}\n\n"
        f"Both work once, for {minutes} minutes. If you did not ask for them, ignore this mail:\n"
        "nobody can sign in without them.\n"
    )
    notice = f"Sign-in link for {to}: {link}\nSign-in code: {code}"
    return Mail(to=to, subject="Your TraderTape sign-in link", text=text, notice=notice)
