"""Lists of instruments that a person watches.

`routes` > `service` > `repository` > `models`, `schemas`. Stands on instruments and market.
"""
