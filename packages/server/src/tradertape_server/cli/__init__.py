"""The `tradertape` command: argument parsing and output around the services of the features.

`main` lists the commands; each folder holds the commands of one subject; `opening`, `output` and
`progress` are shared by all. A command imports what it needs when it runs, which keeps
`--help` fast.
"""
