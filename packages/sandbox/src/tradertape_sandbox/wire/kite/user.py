"""The user as the wire shows it, and the texts of the login page."""

from __future__ import annotations

import html
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tradertape_core.kernel.clock import IST
from tradertape_sandbox.wire.sessions import ApiApp, Session

_SEGMENTS = ["NSE", "BSE", "NFO", "BFO"]


def profile(user_id: str) -> dict[str, Any]:
    """GET /user/profile."""
    return {
        "user_id": user_id,
        "user_type": "individual",
        "email": f"{user_id.lower()}@sandbox.invalid",
        "user_name": "Sandbox User",
        "user_shortname": "Sandbox",
        "broker": "ZERODHA",
        "exchanges": _SEGMENTS,
        "products": ["CNC", "NRML", "MIS", "MTF", "CO"],
        "order_types": ["MARKET", "LIMIT", "SL", "SL-M"],
        "avatar_url": None,
        "meta": {"demat_consent": "physical"},
    }


def full_profile(user_id: str, session: Session) -> dict[str, Any]:
    """GET /user/profile/full."""
    return {
        **profile(user_id),
        "twofa_type": "totp",
        "phone": "*0000",
        "pan": "*0000S",
        "bank_accounts": [
            {"name": "SANDBOX BANK", "branch": "", "account": "*0000", "ifsc": "", "type": ""}
        ],
        "dp_ids": ["0000000000000000"],
        "tags": [],
        "password_timestamp": stamp(session.opened_at),
        "twofa_timestamp": stamp(session.opened_at),
        "meta": {"poa": "physical", "silo": "", "account_blocks": []},
    }


def session_json(session: Session) -> dict[str, Any]:
    """POST /session/token: the profile and the tokens."""
    return {
        **profile(session.user_id),
        "api_key": session.api_key,
        "access_token": session.access_token,
        "public_token": session.public_token,
        "refresh_token": session.refresh_token,
        "enctoken": "",
        "silo": "",
        "login_time": stamp(session.opened_at),
    }


def stamp(moment: datetime | None) -> str | None:
    """A time of the wire: `2026-08-18 09:15:00`, Indian time."""
    return None if moment is None else moment.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


def redirect_address(address: str, request_token: str, redirect_params: str) -> str:
    """Where a login sends the browser: the app's address with the token and the caller's own."""
    parts = urlsplit(address)
    query = [
        *parse_qsl(parts.query),
        ("action", "login"),
        ("type", "login"),
        ("status", "success"),
        ("request_token", request_token),
        *parse_qsl(redirect_params),
    ]
    return urlunsplit(parts._replace(query=urlencode(query)))


def login_page(app: ApiApp, query: str) -> str:
    """The login page: one button, which posts to the page's own address."""
    action = html.escape(f"?{query}", quote=True)
    return _page(
        "Signs in to a simulated broker. No real account or money is involved.",
        f'<form method="post" action="{action}">'
        f"<button>Log in as {html.escape(app.user_id)}</button></form>",
    )


def token_page(request_token: str) -> str:
    """The page for an app without a redirect address: the token to copy."""
    return _page("Signed in. The request token:", f"<code>{html.escape(request_token)}</code>")


def authorised_page() -> str:
    """The page of an authorisation of holdings."""
    return _page("The holdings are authorised for sale.", "")


def _page(text: str, content: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kite (sandbox)</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; }}
button {{ font: inherit; padding: .6rem 1.2rem; }}
</style>
</head>
<body>
<h1>Kite (sandbox)</h1>
<p>{text}</p>
{content}
</body>
</html>
"""
