"""GTTs for the console: resting triggers of all paper accounts of a person, with what they made."""
