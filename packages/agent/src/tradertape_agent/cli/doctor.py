"""`doctor`: the checks of the documentation's troubleshooting, in its order."""

from __future__ import annotations

import click

from tradertape_agent.cli.root import app, folder
from tradertape_agent.config.settings import load
from tradertape_agent.errors import AgentError


@app.command(short_help="Find out why something does not work")
@click.option("--insecure", is_flag=True, help="Accept a configuration that others can read.")
def doctor(insecure: bool) -> None:
    """Check configuration, cloud, broker and signals; each failure says what to do.

    The exit code is that of the first failure.
    """
    from tradertape_agent.doctor import examine
    from tradertape_agent.wiring import build

    files = folder()
    settings = load(files, is_insecure=insecure)
    click.echo(f"ok    configuration: {files.config}")
    agent = build(settings, files)
    first: AgentError | None = None
    try:
        for finding in examine(agent):
            mark = "ok   " if finding.error is None else "FAIL " if finding.is_fatal else "note "
            click.echo(f"{mark} {finding.about}: {finding.words}")
            if finding.error is not None and finding.is_fatal and first is None:
                first = finding.error
    finally:
        agent.close()
    if first is not None:
        click.get_current_context().exit(first.exit_code)
