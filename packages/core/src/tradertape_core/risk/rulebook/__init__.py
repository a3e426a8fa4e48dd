"""Risk rules of an account: their catalogue, a rule, and the verdict of all rules on an entry or on
a moment. Pure: facts come in as arguments. Downwards: `evaluation`, `measures`, `catalogue`,
`parameters`, `figures | rule`.
"""
