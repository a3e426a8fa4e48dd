"""`service`: starts the agent with the machine."""

from __future__ import annotations

import click

from tradertape_agent.cli.root import app, folder


@app.group(short_help="Start the agent with this machine")
def service() -> None:
    """The agent as a service: systemd on Linux, launchd on macOS, Task Scheduler on Windows."""


@service.command("install")
@click.option("--print", "only_print", is_flag=True, help="Print the file, and change nothing.")
def install(only_print: bool) -> None:
    """Write the service's file, and start it."""
    from tradertape_agent.services import manager_here

    manager = manager_here(folder())
    if only_print:
        click.echo(manager.content(), nl=False)
        return
    click.echo(manager.install())


@service.command("uninstall")
def uninstall() -> None:
    """Stop the service, and remove its file."""
    from tradertape_agent.services import manager_here

    click.echo(manager_here(folder()).uninstall())


@service.command("status")
def status() -> None:
    """Say whether the service is installed, and whether the agent runs."""
    from tradertape_agent.runlock import is_held
    from tradertape_agent.services import manager_here

    manager = manager_here(folder())
    click.echo(f"Installed: {'yes' if manager.path.exists() else 'no'} ({manager.path})")
    click.echo(f"Running:   {'yes' if is_held(folder().lock) else 'no'}")
