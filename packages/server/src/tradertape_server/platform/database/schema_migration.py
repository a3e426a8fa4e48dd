"""Migration of a database to the newest schema, and its current revision."""

from __future__ import annotations

import importlib
import pkgutil

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData
from sqlalchemy.engine import Engine

from tradertape_server.platform.database.engine import Base, take_advisory_lock

PACKAGE = "tradertape_server"


def alembic_config() -> Config:
    """Alembic's settings, in code instead of an ini file."""
    config = Config()
    config.set_main_option("script_location", f"{PACKAGE}:migrations")
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine) -> None:
    """Upgrade the database to the newest schema, in one transaction if the engine supports it."""
    config = alembic_config()
    with engine.begin() as connection:
        take_advisory_lock(connection, "upgrade")  # of servers that start together, one upgrades
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current_revision(engine: Engine) -> str | None:
    """The schema's revision; None for an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """The revision that this version of the program needs."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def all_tables() -> MetaData:
    """Load the tables of every feature: a new feature's models need not be registered."""
    features = importlib.import_module(f"{PACKAGE}.features")
    for found in pkgutil.walk_packages(features.__path__, f"{features.__name__}."):
        if found.name.endswith(".models"):
            importlib.import_module(found.name)
    for name in ("http.idempotency", "compute.job_leases", "processes.trader_lease"):
        importlib.import_module(f"{PACKAGE}.platform.{name}")
    return Base.metadata


def knows_revision(revision: str) -> bool:
    """Whether this version of the program can upgrade a database from `revision`."""
    script = ScriptDirectory.from_config(alembic_config())
    return any(known.revision == revision for known in script.walk_revisions())
