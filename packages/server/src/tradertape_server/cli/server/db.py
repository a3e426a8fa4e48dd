"""`tradertape db`: upgrade, back up and restore the database, and rotate its keys."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradertape_server.cli.output import AsJson, fail, show

if TYPE_CHECKING:
    from tradertape_server.platform.key_rotation import Rotated

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Upgrade, back up and restore the database; rotate its keys.",
)


@app.command()
def upgrade(*, as_json: AsJson = False) -> None:
    """Upgrade the database to this version's schema, after a backup.

    `serve` does the same when it starts.
    """
    from tradertape_server.cli.opening import bring_up_to_date, opened
    from tradertape_server.platform.database.schema_migration import current_revision

    with opened(upgraded=False) as container:
        before = current_revision(container.database.engine)
        bring_up_to_date(container)
        after = current_revision(container.database.engine)
    text = f"The schema is already {after}." if before == after else f"The schema is now {after}."
    show({"from": before, "to": after}, as_json=as_json, text=lambda: text)


@app.command()
def backup(
    to: Annotated[
        Path | None, typer.Argument(help="The file to write; else one in <home>/backups.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write a complete, verified copy of the database. The server may keep running.

    The key file in <home>/secrets is not in it: keep a copy of that elsewhere.
    """
    from tradertape_server.cli.opening import opened
    from tradertape_server.platform.database.backups import Backups

    with opened(upgraded=False) as container:
        home = container.settings.effective_home
        path = Backups(container.database, container.clock, home=home).make(to)
    size = path.stat().st_size
    show({"file": str(path), "bytes": size}, as_json=as_json, text=lambda: str(path))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `db backup` wrote.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Replace the database by a backup; the replaced one is kept as a backup.

    Refused while a server runs. An older backup is upgraded afterwards.
    """
    from tradertape_server.cli.opening import bring_up_to_date, opened
    from tradertape_server.platform.database.backups import Backups

    with opened(upgraded=False) as container:
        home = container.settings.effective_home
        kept = Backups(container.database, container.clock, home=home).restore(file)
        bring_up_to_date(container)
    result = {"restored": str(file), "replaced_is_in": str(kept) if kept else None}
    text = f"Restored {file}." + (f"\nThe database it replaced is in {kept}." if kept else "")
    show(result, as_json=as_json, text=lambda: text)


@app.command("rotate-keys")
def rotate_keys(
    *,
    drop_old: Annotated[
        bool,
        typer.Option("--drop-old", help="Instead remove every key but the newest."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add an encryption key and encrypt all stored secrets with it. The server may keep running.

    A rotation that was interrupted is finished first. The older keys stay in the key file, so that
    backups can be read; `--drop-old` removes them while no server runs. Sign-in codes that were
    mailed and browsers that are known are void then.
    """
    from tradertape_server.cli.opening import opened
    from tradertape_server.features.agents.sealed import SEALED_COLUMNS as AGENTS
    from tradertape_server.features.auth.queries import SEALED_COLUMNS as AUTH
    from tradertape_server.features.brokerage.sealed import SEALED_COLUMNS as BROKERAGE
    from tradertape_server.features.hooks.sealed import SEALED_COLUMNS as HOOKS
    from tradertape_server.features.notifications.sealed import SEALED_COLUMNS as NOTIFICATIONS
    from tradertape_server.platform.http.idempotency import SEALED_COLUMNS as IDEMPOTENCY
    from tradertape_server.platform.key_rotation import KeyRotation
    from tradertape_server.platform.server_lock import ServerLock

    with opened() as container:
        home = container.settings.effective_home
        if drop_old and ServerLock(home).holder() is not None:
            fail("A server runs: stop it before the old keys are removed.")
        columns = (*AUTH, *AGENTS, *BROKERAGE, *IDEMPOTENCY, *NOTIFICATIONS, *HOOKS)
        rotation = KeyRotation(container.database, container.secrets, home / "secrets", columns)
        done = rotation.drop_old() if drop_old else rotation.rotate()
    show(asdict(done), as_json=as_json, text=lambda: _rotated(done))


def _rotated(done: Rotated) -> str:
    if done.keys_dropped:
        return f"Removed {done.keys_dropped} old keys. Copy <home>/secrets to its safe place anew."
    begun = "Finished the interrupted rotation" if done.is_resumed else "Added a key"
    lost = f" {done.unreadable} values cannot be decrypted and stay." if done.unreadable else ""
    return (
        f"{begun}. Stored secrets encrypted anew: {done.encrypted_again}.{lost}\n"
        "Copy <home>/secrets to its safe place anew: a backup made from now on needs the new key."
    )
