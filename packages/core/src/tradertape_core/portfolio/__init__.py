"""A model portfolio's rules: settings, capital, the life of a signal, and one day of paper trading.

Highest layer of core: a day is traded by the functions of the backtest. Inside, downwards: `daily`,
`day`, `book`, `capital | settings | signals`.
"""
