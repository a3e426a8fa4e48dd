"""The admin door: prices, time, accounts, corporate actions and faults, for tests and demos."""
