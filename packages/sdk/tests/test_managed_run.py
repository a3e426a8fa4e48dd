"""The calls of a managed run."""

from __future__ import annotations

from typing import Any

import pytest

from .doubles.runs import CONFIG


def test_a_run_without_a_claim_has_no_heartbeat(client: Any, routes: Any) -> None:
    """KM-02."""
    with client.run(CONFIG, claim_session=False, heartbeat_on_enter=False) as run:
        assert run.session_nonce is None
        with pytest.raises(ValueError, match="not claimed"):
            run.heartbeat()
