"""The day loop: the fill rules of docs/fills.md on arrays. May import `config`.

Everything here is written in the part of Python that numba compiles, and runs uncompiled too
(`engine.py`), so that a process without numba, or too short-lived to load it, trades the same.
"""
