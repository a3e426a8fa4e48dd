"""Files of brokers and registrars that a person uploads: tradebooks, ledgers, account statements.

Inside, downwards: `routes`; `service`; `imports`, which stores what was read; `child_process`,
which has a file read; `reading`, whose modules run in that process alone; `multipart`,
`archives`; `repository`; `models`, `schemas`. The reckoning on cells is in
`tradertape_core.wealth.statements`.
"""
