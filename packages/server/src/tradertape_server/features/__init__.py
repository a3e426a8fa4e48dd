"""The features of the server, one package each. What they may import of each other is a contract of
import-linter: services and queries of the features below, never tables.
"""
