"""Upstox's REST client, unmodified, against the sandbox: one test a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from packages.sandbox.tests.clients.calls import calls_of, uncalled

pytestmark = pytest.mark.xdist_group("brokers-clients")

_SCRIPTS = ("upstox_rest.py", "upstox_account.py", "upstox_reference.py")

Run = Callable[[str], Mapping[str, Any]]


@pytest.mark.parametrize(
    ("script", "method"), [(script, method) for script in _SCRIPTS for method in calls_of(script)]
)
def test_upstox_rest(script: str, method: str, run_client: Run) -> None:
    said = run_client(script)[method]
    assert said.ok, said.said


# Methods of the client that are not served: payments; redirects to a socket, which its HTTP library
# cannot follow (the door's own tests do); a login that is completed on the user's phone; the
# login page, which is HTML; and a name of the client's own that builds a query.
_NOT_SERVED = {
    "get_payin_history", "get_payout_history", "get_payout_modes", "initiate_payout",
    "modify_payout", "cancel_payout", "get_market_data_feed", "get_market_data_feed_v3",
    "get_portfolio_stream_feed", "init_token_request_for_indie_user", "authorize",
    "get_websocket_parameters",
}  # fmt: skip


def test_every_method_of_the_client_is_called(run_client: Run) -> None:
    listed = run_client("upstox_reference.py")["every method"].said
    missing = set(uncalled(listed, calls_of(*_SCRIPTS, "upstox_feed.py")))
    assert missing == _NOT_SERVED
