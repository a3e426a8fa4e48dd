"""The transaction of a request."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from tradertape_server.container import Container
from tradertape_server.platform.http.routing import DbSession, TransactionRoute

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@ON_SQLITE
def test_a_route_that_would_not_end_its_transaction_is_refused(
    client: TestClient, app: FastAPI, container: Container
) -> None:
    """It would keep the lock of the database for ever."""
    router = APIRouter()

    @router.post("/api/t/forgotten")
    def forgotten(session: DbSession) -> str:
        return str(session.get_bind().dialect.name)

    app.router.routes[0:0] = router.routes
    assert client.post("/api/t/forgotten").status_code == 500
    with container.database.write(wait_s=5):  # longer than a job of the server holds it
        pass


def test_an_endpoint_that_would_stop_the_event_loop_cannot_be_defined() -> None:
    router = APIRouter(route_class=TransactionRoute)

    async def waits(session: DbSession) -> None:
        session.commit()

    with pytest.raises(TypeError, match="event loop"):
        router.add_api_route("/waits", waits)
