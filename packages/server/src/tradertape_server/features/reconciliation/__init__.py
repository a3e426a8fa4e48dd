"""Reconciliation: our books beside the brokers', difference by difference. Shown, never corrected."""
