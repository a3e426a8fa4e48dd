"""`tradertape user`: accounts from the command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tradertape_server.cli.output import AsJson, fail, show

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Create and list accounts.")

EmailArgument = Annotated[str, typer.Argument(help="The e-mail address of the account.")]
FromStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input (one line)."),
]


@app.command()
def create(
    email: EmailArgument,
    *,
    password_stdin: FromStdin = False,
    admin: Annotated[bool, typer.Option("--admin", help="Make it an administrator.")] = False,
    name: Annotated[str, typer.Option(help="The display name.")] = "",
    as_json: AsJson = False,
) -> None:
    """Create an account. Without a password the person signs in with a link.

    Example: printf '%s' "$SECRET" | tradertape user create me@example.com --password-stdin --admin
    """
    from tradertape_server.cli.opening import opened
    from tradertape_server.features.auth.credentials.passwords import check_new_password

    password = _password() if password_stdin else None
    if password is not None:
        check_new_password(password, email)
    with opened() as container:
        user_id = container.auth.create_user(email, password=password, is_admin=admin, name=name)
    result = {"id": user_id, "email": email, "is_admin": admin, "has_password": bool(password)}
    kind = "administrator" if admin else "account"
    show(result, as_json=as_json, text=lambda: f"Created the {kind} {email} (id {user_id}).")


@app.command("admin")
def make_admin(
    email: EmailArgument,
    *,
    revoke: Annotated[bool, typer.Option("--revoke", help="Make it an ordinary one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make an existing account an administrator: for the market, the sandbox, other accounts."""
    from tradertape_server.cli.opening import opened

    with opened() as container:
        container.auth.set_admin(email, is_admin=not revoke)
    kind = "an ordinary account" if revoke else "an administrator"
    result = {"email": email, "is_admin": not revoke}
    show(result, as_json=as_json, text=lambda: f"{email} is {kind} now.")


@app.command("list")
def list_users(*, as_json: AsJson = False) -> None:
    """List every account."""
    from tradertape_server.cli.opening import opened
    from tradertape_server.features.auth.queries import all_accounts

    with opened() as container, container.database.read() as session:
        found = [row.model_dump(mode="json") for row in all_accounts(session)]
    show(found, as_json=as_json, text=lambda: "\n".join(map(_line, found)) or "No accounts yet.")


@app.command("password")
def set_password(
    email: EmailArgument, *, password_stdin: FromStdin = False, as_json: AsJson = False
) -> None:
    """Change the password of an account and end all its sessions."""
    from tradertape_server.cli.opening import opened
    from tradertape_server.features.auth.credentials.passwords import check_new_password

    if not password_stdin:
        fail("Pass the password on standard input, with --password-stdin.")
    password = _password()
    check_new_password(password, email)
    with opened() as container:
        container.auth.reset_password(email, password)
    show({"email": email}, as_json=as_json, text=lambda: f"Changed the password of {email}.")


@app.command("reset-totp")
def reset_totp(email: EmailArgument, *, as_json: AsJson = False) -> None:
    """Disable the second factor of an account, after a phone was lost."""
    from tradertape_server.cli.opening import opened

    with opened() as container:
        container.auth.reset_totp(email)
    show({"email": email}, as_json=as_json, text=lambda: f"Disabled the second factor of {email}.")


@app.command()
def link(email: EmailArgument, *, as_json: AsJson = False) -> None:
    """Print a sign-in link for an account. It works once, within ten minutes."""
    from tradertape_server.cli.opening import opened

    with opened() as container:
        url = container.auth.link_for(email)
    show({"email": email, "url": url}, as_json=as_json, text=lambda: url)


def _password() -> str:
    # One line; the line end that `echo` adds is not part of it.
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        fail("There is no password on standard input.")
    return password


def _line(row: dict[str, object]) -> str:
    marks = [
        word
        for word, is_so in (
            ("admin", row["is_admin"]),
            ("password", row["has_password"]),
            ("second factor", row["totp_enabled"]),
            ("disabled", row["disabled_at"]),
        )
        if is_so
    ]
    return f"{row['id']:>5}  {row['email']}  {', '.join(marks)}".rstrip()
