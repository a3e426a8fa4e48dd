"""What every feature is built on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tradertape_core.kernel.clock import Clock
from tradertape_server import __version__
from tradertape_server.platform.compute import numba_cache
from tradertape_server.platform.compute.service import Compute
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.mail import Mailer
from tradertape_server.platform.metrics import Metrics
from tradertape_server.platform.processes.trader_election import process_name
from tradertape_server.platform.processes.trader_lease import PROCESS
from tradertape_server.platform.secrets import SecretBox, private_folder
from tradertape_server.platform.streaming.bus import Bus
from tradertape_server.setting_groups import build_mailer
from tradertape_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Base:
    """What every feature is built on."""

    settings: Settings
    clock: Clock
    home: Path
    database: Database
    secrets: SecretBox
    mailer: Mailer
    metrics: Metrics
    bus: Bus


def open_base(settings: Settings, clock: Clock) -> Base:
    """Open the home folder and the database."""
    home = private_folder(settings.effective_home)
    database = Database(
        settings.effective_database_url,
        name=PROCESS + process_name(),
        reserve_bytes=settings.disk_reserve_mb * 1024**2,
    )
    if database.sqlite_file is not None:
        database.sqlite_file.touch(mode=0o600)
    return Base(
        settings=settings,
        clock=clock,
        home=home,
        database=database,
        secrets=SecretBox.open(home / "secrets"),
        mailer=build_mailer(settings, clock),
        metrics=Metrics(__version__),
        bus=Bus(),
    )


def build_compute(base: Base) -> Compute:
    """Processes for parameter sweeps."""
    return Compute(
        workers=base.settings.workers,
        ray_address=base.settings.ray_address,
        numba_cache=numba_cache.numba_cache(base.home),
    )
