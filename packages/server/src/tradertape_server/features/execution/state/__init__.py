"""What the trader's thread works on: the unit of work with its staged changes, accounts, margins,
and how a fill is booked and reversed; the commands that change it. May use `store` and `venues`.
"""
