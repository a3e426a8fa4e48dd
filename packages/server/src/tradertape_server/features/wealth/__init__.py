"""What a person owns, by the files of their brokers: holdings, returns, tax.

Stands on market and uploads, the latter known by a port. Inside, downwards: `routes`,
`service`, `views | export`, `reckoning`, `worth`, `prices | ports | schemas`.
"""
