"""From a strategy and a panel to arrays for the kernel, and the simulation of the days. May import
`kernel` and `config`.
"""
