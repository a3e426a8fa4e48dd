"""One backtest: its request, its report, its row and their use cases. May import models only."""
