"""Risk rules of a person, and the kill switches: what may be opened, on every path.

May import `execution` and what is below `protection`. The gate is execution's port for rules
(`execution.state.entry_rules`): it judges on the trader's thread, in the order's transaction, by
figures kept in memory. Inside, downwards: `routes`, `build`, `watch | rehearsal | state`,
`kill_switch | service`, `gate`, `figures`, `tallies | history | market_facts`, `book`,
`repository`, `schemas | models | owners`.
"""
