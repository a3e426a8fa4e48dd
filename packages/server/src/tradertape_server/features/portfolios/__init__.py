"""Model portfolios on paper: deploy, scan, signals, cart, positions, dashboard.

May import `strategies` and `market`. A portfolio's day is computed by `core.portfolio` on stored
candles, outside of any transaction, and stored in one: whoever changed the portfolio meanwhile
wins, and the day is computed anew. Inside, downwards: `routes`, `build`, `schedule`, `scanning |
signals | closing`, `service`, `dashboard | twin | working`, `days`, `views`, `state`, `queries`,
`repository`, `schemas | models | schedule_times`.
"""
