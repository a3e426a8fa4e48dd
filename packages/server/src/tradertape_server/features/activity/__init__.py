"""What a person has in one instrument: fills, open orders, GTTs, positions, protection levels.

`routes` > `service` > `schemas`. Reads through the queries of execution and workers; has no tables.
"""
