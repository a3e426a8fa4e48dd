"""From a JSON document to a strategy, with every problem at its JSON pointer. Imports `language`
alone.
"""
