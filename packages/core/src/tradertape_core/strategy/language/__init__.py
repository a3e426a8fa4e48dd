"""The parsed strategy: its rules as frozen dataclasses, the base models, and how to walk through
conditions. Imports no other package of `strategy`.
"""
