"""Trading by hand: orders, positions and funds of all trading accounts of a person."""
