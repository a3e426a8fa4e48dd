"""Books of an account: fills to positions and lots, charges, profit and loss, corporate actions,
settlement. Money in integer paise. May import `orders`, `market` and `kernel`.
"""
