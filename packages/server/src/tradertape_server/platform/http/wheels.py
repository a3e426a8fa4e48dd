"""The workers' SDK and the agent as a package index: the wheels a server was built with (PEP 503).

    pip install --extra-index-url http://localhost:18777/sdk/simple/ tradertape-worker

The pages need no sign-in, as those of other indexes: pip sends no token.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from tradertape_server.platform.errors import ApiError, NotFound
from tradertape_server.platform.http.pages import IMMUTABLE, REVALIDATE, file_in


class NotBuilt(ApiError):
    """The wheels are not built."""

    status = 404

    def __init__(self) -> None:
        super().__init__("The packages are not built here: run `make wheels`, then try again.")


def wheels_router(folder: Path) -> APIRouter:
    """Build the routes of the index. folder: has the wheels; may be absent."""
    router = APIRouter(prefix="/sdk", include_in_schema=False)

    @router.api_route("/simple", methods=["GET", "HEAD"])
    def without_slash() -> Response:
        return RedirectResponse("/sdk/simple/")

    @router.api_route("/simple/", methods=["GET", "HEAD"])
    def projects() -> Response:
        names = sorted({project_of(wheel) for wheel in wheels_in(folder)})
        return _index([f'<a href="/sdk/simple/{name}/">{name}</a>' for name in names])

    @router.api_route("/simple/{name}", methods=["GET", "HEAD"])
    def project_without_slash(name: str) -> Response:
        return RedirectResponse(f"/sdk/simple/{normalized(name)}/")

    @router.api_route("/simple/{name}/", methods=["GET", "HEAD"])
    def project(name: str) -> Response:
        found = [wheel for wheel in wheels_in(folder) if project_of(wheel) == normalized(name)]
        if not found:
            raise NotFound("Package") if any(wheels_in(folder)) else NotBuilt()
        return _index([_link(wheel) for wheel in found])

    @router.api_route("/wheels/{name}", methods=["GET", "HEAD"])
    def wheel(name: str) -> Response:
        found = file_in(folder, name)
        if found is None or found.suffix != ".whl":
            raise NotFound("Wheel")
        return FileResponse(found, media_type="application/zip", headers=IMMUTABLE)

    return router


def wheels_in(folder: Path) -> Iterator[Path]:
    """The wheels of a folder, by name."""
    yield from sorted(folder.glob("*.whl"))


def normalized(name: str) -> str:
    """A project's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def project_of(wheel: Path) -> str:
    """The normalised name of the project that a wheel is of."""
    return normalized(wheel.name.split("-", 1)[0])


def _link(wheel: Path) -> str:
    stat = wheel.stat()
    digest = _sha256(wheel, stat.st_mtime_ns, stat.st_size)
    name = escape(wheel.name)
    return (
        f'<a href="/sdk/wheels/{name}#sha256={digest}" data-requires-python="&gt;=3.9">{name}</a>'
    )


@lru_cache(maxsize=64)
def _sha256(wheel: Path, _mtime_ns: int, _size: int) -> str:
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def _index(links: list[str]) -> HTMLResponse:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="pypi:repository-version" content="1.0"><title>Packages</title></head><body>'
        f"{'<br>'.join(links)}</body></html>"
    )
    return HTMLResponse(page, headers=REVALIDATE)
