"""Reconciliation: our books beside the brokers'. A person alone corrects what differs."""
