"""`tradertape serve`, `db`, `status` and `doctor`: the program and its installation."""
