"""The trade journal: round trips, their statistics, and what stands out of them."""
