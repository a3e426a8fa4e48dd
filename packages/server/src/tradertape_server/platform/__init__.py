"""What every feature stands on and that knows no feature: HTTP, streams, processes, parallel work,
the database, and a few single modules (errors, logging, metrics, secrets, mail).

Its sub-packages are layers: `http`, `streaming`, `processes`, `compute`, `database`, then the
single modules; each may import those after it. Nothing here imports a feature.
"""
