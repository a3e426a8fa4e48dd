"""Index options: prices, Greeks, chains, selection and payoffs; numpy only, pure functions."""
