"""The trade journal: notes on round trips, and what their figures say.

`routes` > `service` > `analysis`, `choosing` > `entries` > `books` > `same_trades`, `trips` >
`ports`, `repository` > `models`, `schemas`, `pictures`. `own_trades` reads what was traded here.
Stands on wealth, which makes the round trips of what a person uploaded, and on execution, workers
and portfolios, whose trades are in the journal at once.
"""
