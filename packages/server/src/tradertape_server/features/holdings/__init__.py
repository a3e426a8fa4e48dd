"""What is at the brokers: holdings, positions, orders and funds of a person's accounts there.

Read at the broker and kept for half a minute; shares limits with every other caller of the account.
"""
