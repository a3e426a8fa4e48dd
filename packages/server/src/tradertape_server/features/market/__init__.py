"""Market data: data sets on disk, panels for the evaluator and the backtest kernel, import of
files, download from publishers, and verification.

Layers, top first: `routes`; `live_world` and `corporate_facts`; `service`; `schemas`; `fetching`;
`importing` and `simulated_data_set`; `data_sets`; `progress`. May import the feature `auth` (the
signed-in user) and the platform. Nothing here needs a database: a data set is a folder under
`<home>/market/`. What a backtest needs to open a panel imports numpy alone, so that a new process
starts quickly.
"""
