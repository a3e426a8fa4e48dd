"""`tradertape user` and `tradertape token`. May import auth only."""
