"""The built pages: in the wheel beside this file, in a checkout where `make web` puts them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, send_from_directory

logger = logging.getLogger("tradertape_agent")
_IN_WHEEL: Final = Path(__file__).with_name("built")
_ABOVE: Final = 5  # folders from this file to the top of a checkout
NOT_BUILT: Final = (
    "The local UI's pages are not built in this checkout: run `make web`, then start the agent "
    "again. The commands (`status`, `approve`, `reject`, `kill`, `logs`) work without them."
)


def find_pages() -> Path | None:
    """Return the folder of the built pages; None where nobody has built them."""
    in_checkout = Path(__file__).parents[_ABOVE] / "web" / "apps" / "agent" / "dist"
    found = (one for one in (_IN_WHEEL, in_checkout) if (one / "index.html").is_file())
    return next(found, None)


def pages(folder: Path | None) -> Blueprint:
    """The one page and its files. The page's own address says which section is shown."""
    routes = Blueprint("pages", __name__)
    if folder is None:
        logger.warning("%s", NOT_BUILT)

    @routes.get("/")
    def page() -> Response:
        if folder is None:
            return Response(f"{NOT_BUILT}\n", status=503, mimetype="text/plain")
        return send_from_directory(folder, "index.html")

    @routes.get("/icon.svg", defaults={"name": "icon.svg"})
    @routes.get("/color-scheme.js", defaults={"name": "color-scheme.js"})
    def beside(name: str) -> Response:
        return _file(folder, name)

    @routes.get("/assets/<path:name>")
    def asset(name: str) -> Response:
        return _file(folder, f"assets/{name}")

    return routes


def _file(folder: Path | None, name: str) -> Response:
    if folder is None:
        return Response(status=404)
    return send_from_directory(folder, name)
