"""The local UI's application."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from tradertape_agent.agent import Agent
from tradertape_agent.web.correcting import correcting, doubts
from tradertape_agent.web.guards import Guards, refused
from tradertape_agent.web.login import logins
from tradertape_agent.web.pages import find_pages, pages
from tradertape_agent.web.pairing import Pairing
from tradertape_agent.web.routes import access, changing, reading
from tradertape_agent.web.uploads import LARGEST_REQUEST, UPLOADS, uploads

_LARGEST_BODY: Final = 1_000_000


def build_app(agent: Agent, *, allow_public: bool = False) -> Flask:
    """Return the application of an agent."""
    app = Flask("tradertape_agent", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    pairing = Pairing(agent.journal.store, agent.clock)
    guards = Guards(pairing, allow_public=allow_public)
    guards.install(app)
    app.before_request(_limited)
    app.register_blueprint(access(guards, pairing))
    app.register_blueprint(reading(agent))
    app.register_blueprint(changing(agent))
    app.register_blueprint(correcting(agent))
    app.register_blueprint(doubts(agent))
    app.register_blueprint(logins(agent))
    app.register_blueprint(uploads(agent))
    app.register_blueprint(pages(find_pages()))

    @app.errorhandler(HTTPException)
    def problem(error: HTTPException) -> Response:
        return refused(error.code or 500, error.description or "not possible")

    return app


def _limited() -> Response | None:
    """Only a file may be large."""
    is_large = (request.content_length or 0) > _LARGEST_BODY
    if is_large and not request.path.startswith(UPLOADS):
        return refused(413, "the request is too large")
    return None
