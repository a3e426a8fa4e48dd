"""`tradertape halt` and `tradertape resume`: the kill switches, through the server or here."""
