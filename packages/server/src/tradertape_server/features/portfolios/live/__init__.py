"""Portfolios whose orders are executed, on live prices at the paper market or at a broker.

A position is an owner: its orders, positions and postings in execution carry its run id, and
protection guards it as it guards a worker's run. What signals and positions say follows from
execution, in `mirror`; what is asked of execution is stored before it is asked. Inside, downwards:
`upkeep`, `closing`, `placing | changes | findings`, `withdrawing | marking | arming | orders`,
`mirror`, `projecting`, `facts | owners | rescaling`, `run_ids | accounts`.
"""
