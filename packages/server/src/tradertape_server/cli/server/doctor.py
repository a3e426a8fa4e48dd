"""`tradertape doctor`: checks an installation and suggests repairs."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from tradertape_server.cli.output import AsJson, show

if TYPE_CHECKING:
    from tradertape_server.settings import Settings

app = typer.Typer(add_completion=False)

MARKS = {"ok": "✓", "warn": "!", "fail": "✗"}
MAX_CLOCK_SKEW_S = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; `mend` suggests a repair."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    mend: str = ""


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Check Python, folders, port, database, data sets, console, docs and disk.

    Exit code 1 when something is broken; a warning alone is 0.
    """
    from tradertape_server.cli.opening import read_settings

    findings = examine(read_settings())
    show([asdict(one) for one in findings], as_json=as_json, text=lambda: _text(findings))
    if any(one.status == "fail" for one in findings):
        raise typer.Exit(1)


def examine(settings: Settings) -> list[Finding]:
    """Run every check, in the order a start needs them; one that raises does not end the rest."""
    checks: tuple[tuple[str, Callable[[Settings], Finding]], ...] = (
        ("python", _python),
        ("home", _home),
        ("disk", _disk),
        ("clock", _clock),
        ("calendar", _calendar),
        ("port", _port),
        ("database", _database),
        ("market data", _market),
        ("console", _console),
        ("docs", _docs),
        ("mail", _mail),
    )
    findings: list[Finding] = []
    for name, check in checks:
        try:
            findings.append(check(settings))
        except Exception as error:  # noqa: BLE001 - every error is a finding
            findings.append(Finding(name, "fail", f"{type(error).__name__}: {error}"))
    return findings


def _python(_settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "ok", f"Python {version} in {sys.prefix}")


def _home(settings: Settings) -> Finding:
    home = settings.effective_home
    if not home.exists():
        return Finding("home", "ok", f"{home} will be created at the first start")
    probe = home / ".doctor"
    try:
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return Finding("home", "fail", f"{home}: {error.strerror}", "Make the folder writable.")
    if home.stat().st_mode & 0o077:
        return Finding("home", "warn", f"{home} is accessible to other users", f"chmod 700 {home}")
    return Finding("home", "ok", f"{home} is writable and private")


def _disk(settings: Settings) -> Finding:
    folder = next(
        one for one in (settings.effective_home, *settings.effective_home.parents) if one.exists()
    )
    free_gb = shutil.disk_usage(folder).free / 1024**3
    detail = f"{free_gb:.1f} GB free"
    if free_gb < 1:
        return Finding("disk", "fail" if free_gb < 0.1 else "warn", detail, "Free disk space.")
    return Finding("disk", "ok", detail)


def _clock(_settings: Settings) -> Finding:
    from zoneinfo import ZoneInfo

    from tradertape_server.platform.clock import SystemClock

    now = SystemClock().now()
    newest_file = Path(__file__).stat().st_mtime
    if now.timestamp() < newest_file - MAX_CLOCK_SKEW_S:
        return Finding(
            "clock",
            "warn",
            f"{now:%Y-%m-%d %H:%M} UTC is before this program was installed",
            "Set the machine's clock.",
        )
    return Finding("clock", "ok", f"{now.astimezone(ZoneInfo('Asia/Kolkata')):%Y-%m-%d %H:%M} IST")


def _calendar(_settings: Settings) -> Finding:
    from tradertape_core.market.calendar import nse_calendar
    from tradertape_server.features.operations.checks import calendar_check
    from tradertape_server.platform.clock import SystemClock

    found = calendar_check(SystemClock())()
    if found.status == "ok":
        until = nse_calendar().published_until
        return Finding("calendar", "ok", f"the exchange's holidays are known until {until}")
    return Finding("calendar", "warn", found.detail, "Install a newer version.")


def _port(settings: Settings) -> Finding:
    from tradertape_server.platform.server_lock import ServerLock

    where = f"{settings.host}:{settings.port}"
    holder = ServerLock(settings.effective_home).holder()
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if holder is not None:
                return Finding("port", "ok", f"{where}: used by our server, process {holder}")
            return Finding("port", "fail", f"{where}: {error.strerror}", "Set TRADERTAPE_PORT.")
    return Finding("port", "ok", f"{where} is free")


def _database(settings: Settings) -> Finding:
    from tradertape_server.platform.database.engine import Database
    from tradertape_server.platform.database.schema_migration import (
        current_revision,
        newest_revision,
    )

    database = Database(settings.effective_database_url)
    shown = database.url.render_as_string(hide_password=True)
    if database.sqlite_file and not database.sqlite_file.exists():
        return Finding("database", "ok", f"{shown} will be created at the first start")
    try:
        at, wanted = current_revision(database.engine), newest_revision()
    finally:
        database.close()
    if at != wanted:
        return Finding(
            "database",
            "warn",
            f"{shown}: the schema is {at}, this version needs {wanted}",
            "tradertape db upgrade (`serve` does it too)",
        )
    return Finding("database", "ok", f"{shown}, schema {at}")


def _market(settings: Settings) -> Finding:
    from tradertape_server.features.market.data_sets.damage import advice
    from tradertape_server.features.market.service import MarketService
    from tradertape_server.platform.clock import SystemClock

    home = settings.effective_home
    market = MarketService(home, SystemClock())
    sets = market.data_sets() if home.exists() else []
    if not sets:
        return Finding(
            "market data",
            "warn",
            "there is none",
            "tradertape serve --demo, or tradertape data import",
        )
    damaged = [one for one in sets if one.problem]
    if damaged:
        what = "; ".join(f"{one.manifest.name}: {one.problem}" for one in damaged)
        mend = " ".join(advice(one.manifest.name) for one in damaged)
        return Finding("market data", "fail", f"damaged: {what}", mend)
    caches = {one.manifest.name: market.cache_problem(one.manifest.name) for one in sets}
    if any(caches.values()):
        what = "; ".join(f"{name}: {problem}" for name, problem in caches.items() if problem)
        mend = "Nothing to do: the next reader builds it again from the imported data."
        return Finding("market data", "warn", f"damaged column cache: {what}", mend)
    names = ", ".join(one.manifest.name + ("*" if one.active else "") for one in sets)
    return Finding("market data", "ok", f"{names} (* is used by new runs)")


def _console(settings: Settings) -> Finding:
    if settings.console_path is None:
        return Finding("console", "warn", "not built", "make web (needs Node 20 or newer)")
    return Finding("console", "ok", str(settings.console_path))


def _docs(settings: Settings) -> Finding:
    if settings.docs_path is None:
        return Finding("docs", "warn", "not built", "make docs")
    return Finding("docs", "ok", str(settings.docs_path))


def _mail(settings: Settings) -> Finding:
    if not settings.smtp_host:
        return Finding(
            "mail",
            "ok",
            "no mail server: sign-in links are printed and written to the outbox folder",
        )
    return Finding("mail", "ok", f"through {settings.smtp_host}:{settings.smtp_port}")


def _text(findings: list[Finding]) -> str:
    lines: list[str] = []
    for one in findings:
        lines.append(f"{MARKS[one.status]} {one.name:<12} {one.detail}")
        if one.mend:
            lines.append(f"  {'':<12} → {one.mend}")
    return "\n".join(lines)
