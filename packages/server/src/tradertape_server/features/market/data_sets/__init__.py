"""Data sets on disk: their folders and manifests, candles and the smaller tables, the column cache,
universes, panels, and the checks of a stored set.

The lowest layer of `market`: it imports only `progress` of the feature. pyarrow is imported by
`parquet_tables` and what uses it; reading a panel needs numpy alone.
"""
