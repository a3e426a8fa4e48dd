"""Why a strategy did or did not pick a stock on a day, condition by condition. May import
`evaluation`, `english` and `language`.
"""
