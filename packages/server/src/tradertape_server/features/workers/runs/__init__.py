"""The life of a run: created, claimed, kept alive, halted and shown, with its limits and controls.
May use `repository`, `models`, `schemas` and `errors`.
"""
