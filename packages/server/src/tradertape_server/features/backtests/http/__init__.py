"""Routes of backtests and studies: requests in, services called, bodies out. Top of the feature."""
