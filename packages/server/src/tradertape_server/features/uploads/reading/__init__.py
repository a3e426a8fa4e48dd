"""Reads one file; runs in a process of its own with limits of time, memory and descriptors.

`main` > `account_statements` (PDF; it uses `depository_statements`), `spreadsheets` (XLSX and CSV)
> `wire`.
"""
