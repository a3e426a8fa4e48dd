"""`tradertape db`: upgrade, back up and restore the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tradertape_server.cli.output import AsJson, show

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Upgrade, back up and restore the database."
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
