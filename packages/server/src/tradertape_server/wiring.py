"""Joins the parts: the only place that picks concrete classes and reads settings into them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.sessions import Authenticator, SessionLife
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.database import Database
from tradertape_server.platform.secrets import SecretBox, private_folder
from tradertape_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Container:
    """Everything a request may need; one for the life of the program, on `app.state.container`."""

    settings: Settings
    clock: Clock
    database: Database
    secrets: SecretBox
    authenticator: Authenticator

    def close(self) -> None:
        """Let go of what was opened."""
        self.database.close()


def build_container(settings: Settings, *, clock: Clock | None = None) -> Container:
    """Open the home folder and the database and join everything up."""
    clock = clock or SystemClock()
    home = private_folder(settings.effective_home)
    database = Database(settings.effective_database_url)
    return Container(
        settings=settings,
        clock=clock,
        database=database,
        secrets=SecretBox.open(home / "secrets"),
        authenticator=Authenticator(
            database,
            clock,
            session_life(settings),
            secure_cookie=settings.effective_public_url.startswith("https://"),
        ),
    )


def session_life(settings: Settings) -> SessionLife:
    """How long sessions live, from the settings."""
    return SessionLife(
        idle=timedelta(days=settings.session_idle_days),
        at_most=timedelta(days=settings.session_max_days),
    )
