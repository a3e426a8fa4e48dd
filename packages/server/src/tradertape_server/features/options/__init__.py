"""Options on live quotes: chains, Greeks, ratios, contract selection and strategy previews.

`routes` > `preview` > `service` > `views` > `chains`. Reads instruments
and the feed; has no tables.
"""
