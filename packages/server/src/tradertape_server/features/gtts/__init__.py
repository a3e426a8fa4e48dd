"""GTTs for the console: triggers of all trading accounts of a person, with their orders.

`routes` > `service` > `views` > `schemas`. Reads and changes GTTs through execution; has no tables.
"""
