"""`python -m tradertape_agent`."""

from __future__ import annotations

from tradertape_agent.cli.main import main

main()
