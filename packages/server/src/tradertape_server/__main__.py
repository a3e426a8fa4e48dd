"""`python -m tradertape_server` is the `tradertape` command."""

from tradertape_server.cli.main import main

main()
