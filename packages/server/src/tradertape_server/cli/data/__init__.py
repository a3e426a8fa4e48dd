"""`tradertape data`: import, fetch, status, verify and use. May import market and instruments."""
