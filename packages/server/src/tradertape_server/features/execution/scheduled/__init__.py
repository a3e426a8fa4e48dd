"""What happens by the clock to paper accounts: sessions and auctions, intraday square-off, expiry
settlement, corporate actions. Calls `service`; decides nothing that core does not.
"""
