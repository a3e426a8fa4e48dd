"""Health checks, Prometheus metrics, and what this process knows of the others.

`routes`, `processes` > `checks`, `trader_check`, `figures` > `service`. May read
every other feature; none imports it.
"""
