"""What a person did in one instrument: trades, resting orders, triggers, protection levels."""
