"""The routes of the agent API. See `docs/agent-api.md`."""

from __future__ import annotations

from typing import Final

PENDING_SIGNALS: Final = "/api/agent/pending-signals"
SIGNAL_RESULT: Final = "/api/agent/signal-result"
STOP_FILLED: Final = "/api/agent/stop-filled"
SYNC_HOLDINGS: Final = "/api/agent/sync-holdings"
SYNC_POSITIONS: Final = "/api/agent/sync-positions"
PENDING_TOKEN: Final = "/api/agent/pending-token"  # noqa: S105 - an address
ACCESS_TOKEN: Final = "/api/agent/access-token"  # noqa: S105 - an address
HEARTBEAT: Final = "/api/agent/heartbeat"
EXPECTED_HOLDINGS: Final = "/api/agent/expected-holdings"
UPLOADS: Final = "/api/uploads/from-agent"
CONFIG: Final = "/api/agent/config"
LATEST_VERSION: Final = "/api/agent/latest-version"


def decision(signal_id: str, verdict: str) -> str:
    """Return where a signal is approved or rejected."""
    return f"/api/agent/signals/{signal_id}/{verdict}"
