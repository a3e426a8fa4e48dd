"""`backup` and `restore`: all of the agent's files in one."""

from __future__ import annotations

from pathlib import Path

import click

from tradertape_agent.cli.root import app, folder


@app.command(short_help="Copy the agent's files into one")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def backup(target: Path) -> None:
    """Write configuration, factor and journal into one file (mode 600), while the agent runs."""
    from tradertape_agent.backups import write_backup

    names = write_backup(folder(), target)
    click.echo(f"Saved {', '.join(names)} to {target}. It holds your secrets: keep it safe")


@app.command(short_help="Restore the agent's files")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(source: Path, yes: bool) -> None:
    """Replace this machine's files with those of a backup. The agent must not be running.

    What was sent after the backup was made is not in it: the broker's books tell, and nothing
    that the backup holds as unfinished is sent again.
    """
    from tradertape_agent.backups import read_backup
    from tradertape_agent.runlock import RunLock

    files = folder()
    replaced = [str(one) for one in (files.config, files.journal) if one.exists()]
    if replaced and not yes:
        words = "What was added since the backup was made is lost"
        click.confirm(f"Replace {' and '.join(replaced)}? {words}", abort=True)
    with RunLock(files.lock):
        names = read_backup(files, source)
    click.echo(f"Restored {', '.join(names)}")
