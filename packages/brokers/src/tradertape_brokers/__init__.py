"""Brokers behind one port, in the words of core.

`errors` and `limiter` are shared; each folder is one broker and knows nothing of the others.
"""
