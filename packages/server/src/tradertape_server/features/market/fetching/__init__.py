"""Daily prices from their publishers: downloaded once, kept, then imported like any file."""
