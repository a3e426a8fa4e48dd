"""The `tradertape-agent` command."""
