"""Bringing a database to the newest schema, and asking where it stands."""

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
    """Alembic's settings; there is no ini file to keep in step."""
    config = Config()
    config.set_main_option("script_location", f"{PACKAGE}:migrations")
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest schema, in one transaction where the engine can."""
    config = alembic_config()
    with engine.begin() as connection:
        take_advisory_lock(connection, "upgrade")  # servers that start together do it once
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current_revision(engine: Engine) -> str | None:
    """The schema's revision; None for an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """The revision this version of the program wants."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def all_tables() -> MetaData:
    """The tables of every feature, loaded: a new feature's models need no line anywhere."""
    features = importlib.import_module(f"{PACKAGE}.features")
    for found in pkgutil.walk_packages(features.__path__, f"{features.__name__}."):
        if found.name.endswith(".models"):
            importlib.import_module(found.name)
    for name in ("http.idempotency", "compute.job_leases", "processes.trader_lease"):
        importlib.import_module(f"{PACKAGE}.platform.{name}")
    return Base.metadata


def knows_revision(revision: str) -> bool:
    """Whether this version of the program can upgrade a database from there."""
    script = ScriptDirectory.from_config(alembic_config())
    return any(known.revision == revision for known in script.walk_revisions())
