"""A simulated exchange and three brokers that speak the wire of Kite Connect, Upstox and Groww.

`exchange` matches, keeps accounts and knows nothing of a wire; each folder of `wire` is a broker's
protocol and knows nothing of the others.
"""
