"""The web application: every feature's routes behind one gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from tradertape_server import __version__
from tradertape_server.features.auth.routes import router as auth
from tradertape_server.platform.errors import install_error_handlers
from tradertape_server.platform.gate import Gate
from tradertape_server.settings import Settings
from tradertape_server.wiring import Container, build_container

# A feature: one line.
ROUTERS = (auth,)


def create_app(settings: Settings | None = None, *, container: Container | None = None) -> FastAPI:
    """Build the application; tests hand in a container with a frozen clock."""
    container = container or build_container(settings or Settings())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        container.close()

    app = FastAPI(
        title="TraderTape",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.container = container
    install_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Gate, callers=container.authenticator)
    return app
