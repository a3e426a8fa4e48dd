"""What a person owns, by the files of their brokers: holdings, returns, tax.

Based on market and uploads, the latter known by a port. Inside, downwards: `routes`, `service`,
`books`, `child_process`, `wire`, `finished`, `views | export | quality`, `reckoning`, `worth`,
`prices`, `ports | schemas | lines`. `reckoning_process` is a program of its own: `child_process`
starts it, and nothing imports it.
"""
