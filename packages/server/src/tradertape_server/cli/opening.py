"""Opens settings, logs and the container for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradertape_server.container import Container
    from tradertape_server.settings import Settings


def read_settings(**changes: Any) -> Settings:
    """The settings of the environment, overridden by those of the command line."""
    from tradertape_server.settings import Settings

    return Settings(**{name: value for name, value in changes.items() if value is not None})


@contextmanager
def opened(*, upgraded: bool = True, **changes: Any) -> Iterator[Container]:
    """The container for one command, on an upgraded database; closed at the end."""
    from tradertape_server.platform.logging import configure_logging
    from tradertape_server.wiring import build_container

    settings = read_settings(**changes)
    configure_logging(level="warning", form=settings.log_format)
    container = build_container(settings)
    try:
        if upgraded:
            bring_up_to_date(container)
        yield container
    finally:
        container.close()


def bring_up_to_date(container: Container) -> None:
    """Upgrade the database where its schema is older, after a backup."""
    from tradertape_server.platform.database.backups import Backups
    from tradertape_server.platform.database.schema_migration import (
        current_revision,
        newest_revision,
        upgrade,
    )

    database = container.database
    if current_revision(database.engine) == newest_revision():
        return
    backups = Backups(database, container.clock, home=container.settings.effective_home)
    backups.before_upgrade()
    upgrade(database.engine)
