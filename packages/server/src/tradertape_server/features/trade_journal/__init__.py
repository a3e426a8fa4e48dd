"""The trade journal: notes on round trips, and what their figures say.

`routes` > `service` > `analysis`, `choosing` > `repository` > `models`, `schemas`, `pictures`.
Stands on wealth, which makes the round trips of what a person uploaded.
"""
