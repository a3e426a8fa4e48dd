"""TraderTape's agent: trades at the user's broker from the user's own machine."""

from __future__ import annotations

__version__ = "0.6.0"
