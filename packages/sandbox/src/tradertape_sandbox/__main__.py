"""`python -m tradertape_sandbox serve`: the command without its entry point."""

from tradertape_sandbox.cli import app

app(prog_name="tradertape sandbox")
