"""Execution: orders, baskets, GTTs and exits of every account, from a command to the ledger.

`service` is what other features call and `queries` what they may read; `ports` says what execution
needs of the market and gives its listeners. Rooms from the top: `scheduled` (what happens by the
clock), `loop` (the trader), `exits`, `gtt`, `orders`, `state`, `store`, `venues`. Imports go down
only.
"""
