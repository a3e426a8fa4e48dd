"""People's accounts at brokers: credentials, logins, sessions, postbacks.

Layers, top first: `routes` and `build`; `connections`, which other features ask for a broker's
ports; `repository`; `models`; `accounts`. It imports `auth` and the platform. Which brokers there
are and what each can do is said by the package `tradertape_brokers`.
"""
