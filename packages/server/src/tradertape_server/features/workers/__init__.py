"""Worker runs: the worker API, the console's pages of it, option runs, safety and kill switches.

Rooms from the top: `http`, `service` (builds the parts), `console`, `option_runs`, `trading`,
`monitoring`, `runs`; below them `repository`, `models`, `schemas` and `errors`. `queries` is what
other features may read. Imports go down only; orders, events and positions belong to execution.
"""
