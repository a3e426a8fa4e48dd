"""The agent's journal: one SQLite file, written before and after everything that is sent."""
