"""Parsing of input files: unpacking, column layouts, cell values, lists and symbol changes.

The lowest layer of `importing`: it imports only `data_sets`.
"""
