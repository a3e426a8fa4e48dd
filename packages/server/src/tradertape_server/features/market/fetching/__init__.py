"""Download of daily prices from their publishers; files are kept and imported like any other.

May import `importing`, `simulated_data_set`, `data_sets` and `progress`.
"""
