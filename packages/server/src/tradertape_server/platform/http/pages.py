"""Static pages: the console with its routes, the documentation, and the API reference."""

from __future__ import annotations

from html import escape
from importlib.resources import as_file, files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from tradertape_server.platform.errors import NotFound

# The name of a built file contains a hash of its content: the file never changes.
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
# Everything else is revalidated; an ETag makes that cheap.
REVALIDATE = {"Cache-Control": "no-cache"}

API_PAGES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "redoc.standalone.js": "text/javascript",
}
START_SWAGGER = """window.ui = SwaggerUIBundle({
  url: "/api/openapi.json", dom_id: "#swagger-ui", deepLinking: true, docExpansion: "none",
  defaultModelsExpandDepth: 0, presets: [SwaggerUIBundle.presets.apis],
});
"""


class AnyPath(APIRoute):
    """A route of every path: it answers GET and HEAD, and does not know the others.

    The framework would answer them with 405, as if all paths existed.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the route answers the request."""
        match, found = super().matches(scope)
        return (Match.NONE, {}) if match is Match.PARTIAL else (match, found)


def pages_router(*, console: Path | None, docs: Path | None) -> APIRouter:
    """Build the routes for everything that is not the API; include them last."""
    router = APIRouter(include_in_schema=False)
    _add_api_pages(router)

    @router.api_route("/docs", methods=["GET", "HEAD"])
    def docs_home() -> Response:
        return RedirectResponse("/docs/")

    def docs_page(path: str) -> Response:
        if docs is None:
            return _page("The documentation is not built.", "make docs", status=404)
        found = file_in(docs, path) or file_in(docs, f"{path.rstrip('/')}/index.html".lstrip("/"))
        if found is None:
            missing = file_in(docs, "404.html")
            return FileResponse(missing, 404) if missing else _page("Page not found.", "", 404)
        if found.name == "index.html" and path and not path.endswith(("/", ".html")):
            return RedirectResponse(f"/docs/{path}/")
        return FileResponse(found, headers=REVALIDATE)

    def console_page(path: str) -> Response:
        if path == "api" or path.startswith("api/"):
            raise NotFound
        if console is None:
            return _page("The console is not built.", "make web", status=200 if not path else 404)
        found = file_in(console, path)
        if found is not None and found.name != "index.html":
            headers = IMMUTABLE if path.startswith("assets/") else REVALIDATE
            return FileResponse(found, headers=headers)
        if path.startswith("assets/") or "." in path.rsplit("/", 1)[-1]:
            raise NotFound("File")
        # A page of the console: its client-side router resolves the path.
        return FileResponse(console / "index.html", headers=REVALIDATE)

    for path, page in (("/docs/{path:path}", docs_page), ("/{path:path}", console_page)):
        router.add_api_route(path, page, methods=["GET", "HEAD"], route_class_override=AnyPath)
    return router


def file_in(folder: Path, path: str) -> Path | None:
    """Return the file at `path` below `folder`; None if there is none or it lies outside."""
    if "\0" in path or len(path) > 500:
        return None
    found = (folder / path).resolve()
    return found if found.is_relative_to(folder.resolve()) and found.is_file() else None


def _add_api_pages(router: APIRouter) -> None:
    # FastAPI's own pages load scripts from the internet; these work offline.
    @router.get("/api/docs")
    def swagger() -> Response:
        return _html(
            "API",
            '<link rel="stylesheet" href="/api/docs/swagger-ui.css">',
            '<div id="swagger-ui"></div><script src="/api/docs/swagger-ui-bundle.js"></script>'
            '<script src="/api/docs/start.js"></script>',
        )

    @router.get("/api/redoc")
    def redoc() -> Response:
        return _html(
            "API reference",
            "<style>body { margin: 0 }</style>",
            '<redoc spec-url="/api/openapi.json"></redoc>'
            '<script src="/api/docs/redoc.standalone.js"></script>',
        )

    @router.get("/api/docs/start.js")
    def start() -> Response:
        return Response(START_SWAGGER, media_type="text/javascript", headers=REVALIDATE)

    @router.get("/api/docs/{name}")
    def asset(name: str) -> Response:
        if name not in API_PAGES:
            raise NotFound("File")
        with as_file(files("fastapi_offline") / "static" / name) as path:
            return FileResponse(path, media_type=API_PAGES[name], headers=REVALIDATE)


def _page(message: str, command: str, status: int) -> HTMLResponse:
    hint = f"<p>Build it with <code>{escape(command)}</code>, then reload.</p>" if command else ""
    body = (
        f"<main><h1>TraderTape</h1><p>{escape(message)}</p>{hint}"
        '<p>The API is up: <a href="/api/docs">/api/docs</a>, <a href="/api/health">/api/health</a>'
        ".</p></main>"
    )
    style = "<style>body{font:16px system-ui;margin:15vh auto;max-width:36em;padding:0 1em}</style>"
    return _html("TraderTape", style, body, status=status)


def _html(title: str, head: str, body: str, *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,">{head}</head><body>{body}</body></html>',
        status_code=status,
        headers=REVALIDATE,
    )
