"""What a person owns, from the files of their brokers: trades, lots, returns, tax."""
