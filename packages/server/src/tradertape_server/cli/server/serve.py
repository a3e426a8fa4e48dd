"""`tradertape serve`: the console, the API and the docs, in one process or several."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from tradertape_server.cli.output import AsJson, fail

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from tradertape_server.container import Container
    from tradertape_server.demo import DemoAccount
    from tradertape_server.features.brokerage.sandbox import RunningSandbox
    from tradertape_server.settings import Settings

app = typer.Typer(add_completion=False)


VANISHED_AFTER_MS = 40_000
# Workers usually call every 20 s, and proxies keep a connection for a minute. A connection that
# closes just as a request is sent fails the request, and the client cannot know whether its order
# was received.
IDLE_CONNECTION_S = 75
SWITCHES_EVERY_S = 1.0  # a look at which market is chosen
MOST_SOCKET_BYTES = 128 * 1024  # of one message from a client


@app.command()
def serve(
    *,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Set up a simulated market and a demo account, and run one backtest."
        ),
    ] = False,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port.")] = None,
    sandbox: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Use the brokers of this sandbox (`tradertape sandbox serve`), and no real one.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the console, the API and the docs until stopped (Ctrl-C).

    The database is created or upgraded first. Settings are in TRADERTAPE_* variables.
    """
    from tradertape_server.platform.processes import interpreter

    with interpreter.loading():
        from pathlib import Path

        from sqlalchemy import make_url

        from tradertape_server.cli.opening import read_settings
        from tradertape_server.platform.database.integrity import require_intact
        from tradertape_server.platform.secrets import private_folder
        from tradertape_server.platform.server_lock import MAX_SERVERS, ServerLock

    settings = read_settings(host=host, port=port, sandbox_url=sandbox)
    is_shared = settings.effective_database_url.startswith("postgresql")
    home = private_folder(settings.effective_home)
    lock = ServerLock(home, servers=MAX_SERVERS if is_shared else 1)
    if not lock.take():
        fail(
            f"A server with this home folder is running already (process {lock.holder()}). "
            "Several share one with PostgreSQL: set TRADERTAPE_DATABASE_URL."
        )
    try:
        file = make_url(settings.effective_database_url).database
        if not is_shared and file is not None:
            require_intact(Path(file), backups=home / "backups")
        with _listen(settings) as listener:
            _serve(settings, listener, demo=demo, as_json=as_json)
    finally:
        lock.release()


def _serve(settings: Settings, listener: socket.socket, *, demo: bool, as_json: bool) -> None:
    from tradertape_server.platform.processes import interpreter

    with interpreter.loading():
        import uvicorn

        from tradertape_server.cli.opening import bring_up_to_date
        from tradertape_server.demo import mark
        from tradertape_server.main import create_app
        from tradertape_server.platform.compute import numba_cache
        from tradertape_server.platform.database.integrity import FileCheck, is_checked_at_start
        from tradertape_server.platform.logging import configure_logging
        from tradertape_server.wiring import build_container

    configure_logging(level=settings.log_level, form=settings.log_format)
    cache = numba_cache.use_cache(settings.effective_home)
    if demo:
        _build_market(settings, quiet=as_json)
    container = build_container(settings)
    bring_up_to_date(container)
    account = _demo(container, quiet=as_json) if demo else None
    application = create_app(container=container)
    numba_cache.prepare(cache)
    interpreter.tune_for_serving()
    _welcome(settings, account, as_json=as_json)
    file = container.database.sqlite_file
    if file is not None and not is_checked_at_start(file):
        FileCheck(file, container.database.disk_errors).start()
    while switch := _switch(uvicorn.Server(_config(application, settings)), container, listener):
        # Everything is of one market: another one is a server built anew, behind the same port.
        del container, application
        interpreter.release()
        container = build_container(settings)
        if switch.sandbox is not None:
            container.sandbox.take_over(switch.sandbox)
        if demo:
            mark(container)
        application = create_app(container=container)
        interpreter.tune_for_serving()


@dataclass(frozen=True, slots=True)
class _Switch:
    """Another market is chosen. sandbox: the one that runs on meanwhile."""

    sandbox: RunningSandbox | None


def _switch(
    server: uvicorn.Server, container: Container, listener: socket.socket
) -> _Switch | None:
    """Serve until another market is chosen; None: until the server is stopped."""
    from threading import Event, Thread

    choice, is_over = container.market_choice, Event()
    choice.switches_itself = True
    if choice.is_due:  # the database was away when the choice was read
        return _Switch(container.sandbox.hand_on())
    switches: list[_Switch] = []

    def watch() -> None:
        while not is_over.wait(SWITCHES_EVERY_S):
            if choice.is_due:
                switches.append(_Switch(container.sandbox.hand_on()))
                server.should_exit = True
                return

    watcher = Thread(target=watch, name="market-switch", daemon=True)
    watcher.start()
    # A copy, which is closed with the server: who connects meanwhile waits for the next one.
    server.run(sockets=[listener.dup()])
    is_over.set()
    watcher.join()
    return switches[0] if switches else None


def _config(application: FastAPI, settings: Settings) -> uvicorn.Config:
    import uvicorn

    from tradertape_server.platform.http.connection_limits import LimitedHttp
    from tradertape_server.platform.streaming.frame_limits import LimitedSocket

    return uvicorn.Config(
        application,
        http=LimitedHttp,
        ws=LimitedSocket,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_CONNECTION_S,
        timeout_graceful_shutdown=settings.graceful_stop_s,
        # A message is encoded once for all clients; compression would encode it for each.
        ws_per_message_deflate=False,
        ws_max_size=MOST_SOCKET_BYTES,
    )


def _build_market(settings: Settings, *, quiet: bool) -> None:
    from tradertape_server.cli.progress import progress_bar
    from tradertape_server.demo import build_market

    with progress_bar(hidden=quiet) as progress:
        build_market(settings, progress)


def _demo(container: Container, *, quiet: bool) -> DemoAccount:
    from tradertape_server.demo import set_up

    def report(text: str) -> None:
        if not quiet:
            typer.echo(text)

    return set_up(container, report=report)


def _listen(settings: Settings) -> socket.socket:
    # Bound before anything slow happens, so that a port in use is reported at once.
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # asyncio sets it for sockets that it makes alone; without it each reply may wait for 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A client that disappeared is dropped when nothing is acknowledged for so long.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_AFTER_MS)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        fail(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. "
            "Choose another with --port, or see `tradertape doctor`."
        )
    return listener


def _welcome(settings: Settings, account: DemoAccount | None, *, as_json: bool) -> None:
    import json

    url = settings.effective_public_url
    if settings.is_open_to_strangers:
        typer.echo(
            f"Warning: anybody who reaches {settings.host}:{settings.port} can make an account. "
            "Set TRADERTAPE_ALLOW_SIGNUP=false once yours is made.",
            err=True,
        )
    if as_json:
        demo = {"email": account.email, "password": account.password} if account else None
        typer.echo(json.dumps({"url": url, "demo": demo}))
        return
    lines = [f"TraderTape is at {url}", f"  API   {url}/api/docs", f"  Docs  {url}/docs/"]
    if settings.console_path is None:
        lines.append("  The console is not built: run `make web` (needs Node 20 or newer).")
    if account is not None:
        lines += ["", "Sign in with", f"  {account.email}", f"  {account.password}"]
        lines += _about_sandbox(settings)
    typer.echo("\n" + "\n".join(lines) + "\n")


def _about_sandbox(settings: Settings) -> list[str]:
    """How to trade at a broker without having one."""
    url = settings.effective_public_url
    if settings.sandbox_url:
        return ["", f"Brokers are those of the sandbox at {settings.sandbox_url}: connect one at",
                f"  {url}/settings/brokers"]  # fmt: skip
    return ["", "Connect a broker's account without having one, with the built-in sandbox:",
            f"  {url}/settings/brokers → Try it with the sandbox",
            "", "Start the agent of this machine against this demo and its sandbox:",
            f"  {_this_program()} demo-agent"]  # fmt: skip


def _this_program() -> str:
    """How this command is called from the folder it was started in."""
    import sys
    from pathlib import Path

    path = Path(sys.argv[0]).absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
