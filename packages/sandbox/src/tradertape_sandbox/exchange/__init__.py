"""The simulated exchange: market, order matching, accounts. No I/O and no wire format."""
