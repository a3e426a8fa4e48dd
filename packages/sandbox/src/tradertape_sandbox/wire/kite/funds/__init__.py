"""Mutual funds at the Kite door: schemes, orders, plans and holdings, kept beside the exchange."""
