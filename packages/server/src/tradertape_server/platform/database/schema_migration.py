"""Migration of a database to the newest schema, and its current revision.

Alembic is imported where something is to be migrated: every start asks for the revision.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, inspect, text
from sqlalchemy.engine import Engine

from tradertape_server.platform.database.engine import Base, take_advisory_lock

if TYPE_CHECKING:
    from alembic.config import Config

PACKAGE = "tradertape_server"


def alembic_config() -> Config:
    """Alembic's settings, in code instead of an ini file."""
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", f"{PACKAGE}:migrations")
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine) -> None:
    """Upgrade the database to the newest schema, in one transaction if the engine supports it."""
    from alembic import command  # noqa: PLC0415 - see above

    config = alembic_config()
    with engine.begin() as connection:
        take_advisory_lock(connection, "upgrade")  # of servers that start together, one upgrades
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current_revision(engine: Engine) -> str | None:
    """The schema's revision; None for an empty database."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


@cache
def newest_revision() -> str:
    """The revision that this version of the program needs: the highest number of a migration."""
    names = (one.name for one in files(f"{PACKAGE}.migrations.versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[:1].isdigit())


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
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    script = ScriptDirectory.from_config(alembic_config())
    return any(known.revision == revision for known in script.walk_revisions())
