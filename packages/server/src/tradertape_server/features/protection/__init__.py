"""Protection: closes what its rules say, once, whatever happens between.

A protection guards an *owner*: a worker's run today. Whoever has owners implements the port
`Owners`; nothing in here knows what an owner is beyond that. The guardian evaluates every owner on
each tick of its instruments and by the clock; a rule that triggers is claimed in the database
before its orders are sent, and the claim is advanced until its positions are closed.

May import execution, feed and instruments; never workers, which stand above.
"""
