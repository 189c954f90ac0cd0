"""The command line: the page in a terminal.

`main` says which commands and options there are, `commands` what each does, `terminal`
has what they share.
"""
