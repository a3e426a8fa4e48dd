"""Saved strategies: documents in the rule language, their versions, and trials on one symbol.

`routes` > `views`, `trial_service` > `service` > `repository` > `models`, `schemas`. Stands on
market and auth; features above add checks against deletion.
"""
