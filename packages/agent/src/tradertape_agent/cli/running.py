"""`run` and `status`."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

from tradertape_agent import __version__
from tradertape_agent.cli.root import app, folder
from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import Settings, load
from tradertape_agent.errors import AgentError, CloudRefused, NotConnected

if TYPE_CHECKING:
    from tradertape_agent.agent import Agent

logger = logging.getLogger("tradertape_agent")


@app.command(short_help="Run the agent (default if no command given)")
@click.option("--host", help="Address of the local UI.  [default: 0.0.0.0]")
@click.option("--port", type=int, help="Port of the local UI.  [default: 5679]")
@click.option("--once", is_flag=True, help="Poll once, without the local UI, and end.")
@click.option("--allow-public", is_flag=True, help="Listen on an address of the internet too.")
@click.option(
    "--insecure", is_flag=True,
    help="Accept a configuration that others can read, and a cloud without encryption.",
)  # fmt: skip
def run(
    host: str | None,
    port: int | None,
    once: bool,
    allow_public: bool,
    insecure: bool,
) -> None:
    """Poll the cloud for signals, place them, and report what comes of them."""
    files = folder()
    settings = load(files, is_insecure=insecure)
    start_log(files)
    from tradertape_agent.runlock import RunLock
    from tradertape_agent.wiring import build

    with RunLock(files.lock):
        agent = build(settings, files)
        try:
            if once:
                _once(agent)
            else:
                _serve(
                    agent, host or settings.host, port or settings.port, allow_public=allow_public
                )
        finally:
            agent.close()


def _once(agent: Agent) -> None:
    """One cycle, whose result is the exit code."""
    _greet(agent)
    health = agent.loop.cycle()
    _tell_health(agent)
    if health.cloud == "refused":
        raise CloudRefused(health.problem)
    if health.cloud != "ok":
        raise AgentError(health.problem)
    if health.broker != "ok":
        primary = agent.desk.primary
        raise NotConnected(f"Broker not connected: {primary.problem or 'sign in'}")


def _serve(agent: Agent, host: str, port: int, *, allow_public: bool) -> None:
    """Serve the local UI beside the loop, until a signal ends both."""
    from tradertape_agent.web.network import check_bind

    check_bind(host, allow_public=allow_public)
    _greet(agent)
    server = _opened(agent, host, port, allow_public=allow_public)
    serving = threading.Thread(target=server.run, name="local-ui", daemon=True)
    stopped = threading.Event()

    def stop(*_: object) -> None:
        stopped.set()
        agent.loop.stop()

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, stop)
    serving.start()
    logger.info("Listening on http://%s:%d", host, port)
    agent.loop.cycle()
    _tell_health(agent)
    if not stopped.is_set():
        agent.loop.run_after_pause()
    server.close()
    logger.info("Stopped")


def _opened(agent: Agent, host: str, port: int, *, allow_public: bool) -> Any:
    from waitress.server import create_server

    from tradertape_agent.web.app import build_app

    try:
        return create_server(
            build_app(agent, allow_public=allow_public), host=host, port=port, threads=6,
            ident="tradertape-agent", clear_untrusted_proxy_headers=False,
        )  # fmt: skip
    except OSError as error:
        raise AgentError(
            f"{host}:{port} cannot be listened on ({error.strerror}): choose another with --port"
        ) from None


def _greet(agent: Agent) -> None:
    logger.info("Starting tradertape-agent v%s", __version__)
    logger.info("Cloud URL: %s", agent.settings.cloud_url)
    logger.info("Primary broker: %s", agent.settings.primary_broker)
    logger.info("Loaded brokers: %s", ", ".join(agent.desk.accounts))


def _tell_health(agent: Agent) -> None:
    health, poll = agent.loop.health, agent.settings.poll_interval_s
    logger.info("Health: cloud=%s broker=%s poll=%ds", health.cloud, health.broker, poll)


def start_log(files: Folder) -> None:
    """Log to the terminal as the documentation shows, and with times to the log file."""
    from logging.handlers import RotatingFileHandler

    terminal = logging.StreamHandler(sys.stdout)
    terminal.setFormatter(logging.Formatter("[agent] %(message)s"))
    if not files.log.exists():
        files.log.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(files.log, os.O_CREAT | os.O_WRONLY, 0o600))
    kept = RotatingFileHandler(files.log, maxBytes=2_000_000, backupCount=3, encoding="utf-8")
    kept.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.handlers = [terminal, kept]
    logger.setLevel(logging.INFO)
    logger.propagate = False


@app.command(short_help="Print current status")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--insecure", is_flag=True, help="Accept a configuration that others can read.")
def status(as_json: bool, insecure: bool) -> None:
    """Print what is configured and what the running agent saw last; asks nobody anything."""
    files = folder()
    settings = load(files, is_insecure=insecure)
    found = status_of(settings, files)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        words = ", ".join(value) if isinstance(value, list) else value
        title = name.replace("_", " ").capitalize().replace("url", "URL")
        click.echo(f"{title + ':':<20}{_shown(words)}")


def status_of(settings: Settings, files: Folder) -> dict[str, Any]:
    """The state of an agent, from its files."""
    from tradertape_agent.journal.book import Journal
    from tradertape_agent.journal.signals import SignalState
    from tradertape_agent.loop import BROKER_STATE, CLOUD_KILL_SWITCH, CLOUD_STATE, LAST_POLL
    from tradertape_agent.placing import KILL_SWITCH
    from tradertape_agent.runlock import is_held

    journal = Journal(files.journal)
    try:
        meta = journal.store.meta
        return {
            "version": __version__,
            "config": str(files.config),
            "cloud_url": settings.cloud_url,
            "primary_broker": settings.primary_broker,
            "brokers": list(settings.brokers),
            "running": is_held(files.lock),
            "auto_execute": settings.auto_execute,
            "stop_loss_pct": str(settings.stop_loss_pct),
            "poll_interval": settings.poll_interval_s,
            "last_poll": meta(LAST_POLL) or None,
            "cloud": meta(CLOUD_STATE) or "unknown",
            "broker": meta(BROKER_STATE) or "unknown",
            "kill_switch": bool(meta(KILL_SWITCH)),
            "cloud_kill_switch": bool(meta(CLOUD_KILL_SWITCH)),
            "waiting_signals": len(journal.signals.listed(SignalState.WAITING)),
            "unfinished_orders": len(journal.intents.of_states()),
            "queued_reports": journal.reports.count(),
        }
    finally:
        journal.close()


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "never" if value is None else str(value)
