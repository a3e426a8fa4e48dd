"""The same fill rules a second time, in plain Python and day by day, to check the kernel against.
Imports `config` and the strategy's evaluation, nothing of the kernel.
"""
