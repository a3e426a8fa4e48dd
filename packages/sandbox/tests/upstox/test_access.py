"""The login dialog."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from packages.sandbox.tests.upstox.served_upstox import BACK, served_upstox

DIALOG = "/v2/login/authorization/dialog"
QUERY = {"response_type": "code", "client_id": "sandbox", "redirect_uri": BACK}


def test_the_button_sends_the_browser_back_with_a_code() -> None:
    upstox = served_upstox()
    query = {**QUERY, "state": "a&b"}
    page = upstox.call("GET", DIALOG, params=query)
    assert (page.status_code, '<form method="post"' in page.text) == (200, True)
    reply = upstox.call("POST", DIALOG, params=query)
    assert reply.status_code == 302
    target = urlsplit(reply.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == BACK
    found = parse_qs(target.query)
    assert (set(found), found["state"]) == ({"code", "state"}, ["a&b"])


@pytest.mark.parametrize(
    "wrong", [{"client_id": "another"}, {"response_type": "token"}, {"redirect_uri": "file:///x"}]
)
def test_a_dialog_that_is_wrong_is_refused(wrong: dict[str, Any]) -> None:
    upstox = served_upstox()
    status, code = upstox.error("GET", DIALOG, params={**QUERY, **wrong})
    assert 400 <= status < 500
    assert code.startswith("UDAPI")
