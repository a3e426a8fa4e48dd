"""What TraderTape decides and computes: pure functions on values and arrays.

Packages, top first: `backtest`, `execution`, `strategy`, `risk`, `ledger`, `orders`, `options`,
`market`, `kernel`. Each imports those after it, the indicators, numpy and the standard library; no
framework, I/O, clock or log.
"""
