"""TraderTape's server: the API, the command line and what they stand on."""

__version__ = "0.1.0"
