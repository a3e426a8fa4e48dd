"""Orders as values: fields and their rules, states, events and transitions, GTTs, denials, the JSON
codec. May import `market` and `kernel`.
"""
