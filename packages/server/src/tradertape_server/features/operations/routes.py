"""HTTP of operations: health for people and load balancers, figures for Prometheus."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from tradertape_server import __version__
from tradertape_server.features.operations.service import Health, overall
from tradertape_server.platform.errors import NotFound
from tradertape_server.platform.http.requests import is_local
from tradertape_server.platform.http.routing import Reply, part
from tradertape_server.platform.metrics import CONTENT_TYPE, Metrics

router = APIRouter(tags=["operations"])


class CheckRow(Reply):
    """One thing that was looked at."""

    status: Literal["ok", "stale", "down"]
    detail: str
    facts: dict[str, Any]


class HealthReport(Reply):
    """What is up and what is stale; `status` is the worst of all checks."""

    status: Literal["ok", "stale", "down"]
    version: str
    uptime_s: float
    checks: dict[str, CheckRow]


@router.get("/api/health", responses={503: {"description": "Something is down"}})
def health(response: Response, health: Annotated[Health, Depends(part("health"))]) -> HealthReport:
    """Look at the database, the data, the disk, the mail and the jobs; 503 when one is down."""
    checks = health.look()
    status = overall(checks)
    if status == "down":
        response.status_code = 503
    return HealthReport(
        status=status,
        version=__version__,
        uptime_s=round(health.uptime_s, 1),
        checks={name: CheckRow.model_validate(check) for name, check in checks.items()},
    )


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, metrics: Annotated[Metrics, Depends(part("metrics"))]) -> Response:
    """Figures for Prometheus; by default only for this machine."""
    who = request.app.state.container.settings.metrics
    if who == "off" or (who == "local" and not is_local(request.scope)):
        raise NotFound
    return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE})
