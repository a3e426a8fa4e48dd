"""What a client of the workers does, by theme; `drive_published.py` runs them in order.

They import `kite_algo_worker`, whichever package of that name is on the path.
"""
