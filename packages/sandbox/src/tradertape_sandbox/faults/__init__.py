"""Planned faults: answers, sockets and updates that go wrong as a broker's do, by seed."""
