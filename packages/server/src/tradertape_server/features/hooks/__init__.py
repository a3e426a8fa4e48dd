"""Incoming webhooks: alerts of TradingView, Chartink and signed programs, as signals or
notifications.

Stands on notifications and portfolios. Inside, downwards: `routes`, `service`, `alerts |
repository`, `models | schemas`.
"""
