"""Round trips of what a person traded here."""
