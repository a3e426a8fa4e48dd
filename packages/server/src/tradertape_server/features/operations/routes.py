"""Routes of operations: health for people and load balancers, metrics for Prometheus."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response

from tradertape_server import __version__
from tradertape_server.features.auth.http.dependencies import CurrentUser
from tradertape_server.features.operations.jobs import JobOut, Jobs
from tradertape_server.features.operations.service import Check, Health, overall
from tradertape_server.platform.errors import NotFound
from tradertape_server.platform.http.identity import identity_of
from tradertape_server.platform.http.requests import is_local
from tradertape_server.platform.http.routing import Reply, part
from tradertape_server.platform.metrics import CONTENT_TYPE, Metrics

router = APIRouter(tags=["operations"])


class CheckRow(Reply):
    """The result of one check. Only its status without signing in: the rest names hosts, processes
    and the mail server."""

    status: Literal["ok", "stale", "down"]
    detail: str
    facts: dict[str, Any]


class HealthReport(Reply):
    """Every check; `status` is the worst of them."""

    status: Literal["ok", "stale", "down"]
    version: str
    uptime_s: float
    checks: dict[str, CheckRow]


@router.get("/api/health", responses={503: {"description": "Something is down"}})
def health(
    request: Request, response: Response, health: Annotated[Health, Depends(part("health"))]
) -> HealthReport:
    """Check the database, the data, the disk, the mail and the feed; 503 when one is down.

    Without signing in, details and facts are empty, and the disk is not listed.
    """
    checks = health.run_checks()
    status = overall(checks)
    if identity_of(request) is None:
        checks = {name: Check(one.status, "") for name, one in checks.items() if name != "disk"}
    if status == "down":
        response.status_code = 503
    return HealthReport(
        status=status,
        version=__version__,
        uptime_s=round(health.uptime_s, 1),
        checks={name: CheckRow.model_validate(check) for name, check in checks.items()},
    )


@router.get("/api/jobs")
def list_jobs(user: CurrentUser, jobs: Annotated[Jobs, Depends(part("jobs"))]) -> list[JobOut]:
    """Every job of the server: its last and next run, what a missed run means, its failures."""
    return jobs.of(user.id)


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, metrics: Annotated[Metrics, Depends(part("metrics"))]) -> Response:
    """Metrics for Prometheus; by default only for this machine."""
    who = request.app.state.container.settings.metrics
    if who == "off" or (who == "local" and not is_local(request.scope)):
        raise NotFound
    return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE})
