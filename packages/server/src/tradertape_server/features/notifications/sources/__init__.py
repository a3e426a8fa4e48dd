"""What happened, read from what other features stored.

A source is read again and again from where it was left; its state is stored in the transaction of
what it found. Where rows of several processes may be committed out of order it reads some minutes
back: a notice has a key, and is stored once.
"""
