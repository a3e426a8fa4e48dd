"""The channels: each takes a message to one recipient and returns what became of it.

`telegram`, `webhook`, `mail` and `apprise_urls` stand on `message` and `addresses`; none knows the
database or another channel. No error or log line of theirs has a secret, an address' path or query.
"""
