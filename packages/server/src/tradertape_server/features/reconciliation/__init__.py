"""Reconciliation: our books beside the brokers'. Differences are shown, never corrected."""
