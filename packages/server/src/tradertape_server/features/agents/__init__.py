"""Agents: programs on people's own machines that hold broker credentials and place orders.

What an agent is asked is in execution's outbox: see `portfolios.handing` and
`execution.agent_venue`. The interface is docs/agent-api.md; the layers are in pyproject.toml.
"""
