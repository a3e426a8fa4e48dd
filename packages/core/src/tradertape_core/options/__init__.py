"""Index options: prices, Greeks, implied volatilities, chains, selection and payoffs. May import
`market` and `kernel`.
"""
