"""`approve`, `reject`, `kill`: what the user decides, for the running agent to act on."""

from __future__ import annotations

import click

from tradertape_agent.cli.root import app, folder
from tradertape_agent.journal.signals import Verdict


@app.command(short_help="Approve a signal")
@click.argument("signal_id")
def approve(signal_id: str) -> None:
    """Let the agent place a signal that waits for approval."""
    is_killed = _decide(signal_id, Verdict.APPROVED)
    click.echo(f"Approved signal {signal_id}: the agent places it with its next poll")
    if is_killed:
        click.echo("The kill switch is on here: an entry waits until `tradertape-agent kill --off`")


@app.command(short_help="Reject a signal")
@click.argument("signal_id")
def reject(signal_id: str) -> None:
    """End a signal that waits for approval."""
    _decide(signal_id, Verdict.REJECTED)
    click.echo(f"Rejected signal {signal_id}")


def _decide(signal_id: str, verdict: Verdict) -> bool:
    """Record it; whether the kill switch of this machine is on."""
    from tradertape_agent.approvals import decide
    from tradertape_agent.clock import SystemClock
    from tradertape_agent.journal.book import Journal
    from tradertape_agent.placing import KILL_SWITCH

    journal = Journal(folder().journal)
    try:
        decide(journal, signal_id, verdict, SystemClock())
        return bool(journal.store.meta(KILL_SWITCH))
    finally:
        journal.close()


@app.command(short_help="Stop all entries on this machine")
@click.option("--off", is_flag=True, help="Allow entries again.")
def kill(off: bool) -> None:
    """Stop placing entries at once; exits and stops still pass, and what rests stays."""
    from tradertape_agent.journal.book import Journal
    from tradertape_agent.placing import KILL_SWITCH

    journal = Journal(folder().journal)
    try:
        journal.store.set_meta(KILL_SWITCH, "" if off else "on")
    finally:
        journal.close()
    click.echo("Entries are allowed again" if off else "Kill switch on: no entry is placed")
