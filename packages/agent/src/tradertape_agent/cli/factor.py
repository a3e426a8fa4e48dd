"""`factor`: the secret factor's backup code."""

from __future__ import annotations

import click

from tradertape_agent.cli.root import app, folder
from tradertape_agent.errors import AgentError


@app.group(short_help="Back up or restore the secret factor")
def factor() -> None:
    """The secret factor that scales what the cloud sees. It exists on this machine alone."""


@factor.command("export")
def export() -> None:
    """Print the backup code: write it down where only you can find it."""
    from tradertape_agent.privacy.factor import read_factor

    found = read_factor(folder().factor)
    if found is None:
        raise AgentError("there is no factor yet: it is made when obfuscation is on in the account")
    click.echo(found.backup_code())


@factor.command("seal-key")
def seal_key() -> None:
    """Print the key that opens sealed documents: your browser asks for it, the cloud never does."""
    from tradertape_agent.privacy.factor import read_factor

    found = read_factor(folder().factor)
    if found is None:
        raise AgentError("there is no factor yet: it is made when obfuscation is on in the account")
    click.echo(found.seal_code())


@factor.command("import")
@click.argument("code", required=False)
@click.option("--replace", is_flag=True, help="Replace a factor that is here.")
def import_(code: str | None, replace: bool) -> None:
    """Take over the factor of a backup code."""
    from tradertape_agent.privacy.factor import Factor, read_factor, write_factor

    given = Factor.of_backup_code(code or click.prompt("Backup code"))
    path = folder().factor
    known = read_factor(path) if path.exists() and not replace else None
    if known is not None and known != given:
        raise AgentError(
            f"{path} holds another factor: figures that were scaled with it could not be unscaled "
            "any more. Use --replace if nothing was"
        )
    write_factor(path, given)
    click.echo(f"Saved the factor to {path}")
