"""The local UI's application."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, send_from_directory
from werkzeug.exceptions import HTTPException

from tradertape_agent.agent import Agent
from tradertape_agent.web.correcting import correcting, doubts
from tradertape_agent.web.guards import Guards, refused
from tradertape_agent.web.login import logins
from tradertape_agent.web.pairing import Pairing
from tradertape_agent.web.routes import access, changing, reading

_PAGES = Path(__file__).with_name("pages")
_LARGEST_BODY = 1_000_000


def build_app(agent: Agent, *, allow_public: bool = False) -> Flask:
    """Return the application of an agent."""
    app = Flask("tradertape_agent", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    pairing = Pairing(agent.journal.store, agent.clock)
    guards = Guards(pairing, allow_public=allow_public)
    guards.install(app)
    app.register_blueprint(access(guards, pairing))
    app.register_blueprint(reading(agent))
    app.register_blueprint(changing(agent))
    app.register_blueprint(correcting(agent))
    app.register_blueprint(doubts(agent))
    app.register_blueprint(logins(agent))

    @app.get("/")
    def page() -> Response:
        return send_from_directory(_PAGES, "index.html")

    @app.get("/assets/<path:name>")
    def asset(name: str) -> Response:
        return send_from_directory(_PAGES, name)

    @app.errorhandler(HTTPException)
    def problem(error: HTTPException) -> Response:
        return refused(error.code or 500, error.description or "not possible")

    return app
