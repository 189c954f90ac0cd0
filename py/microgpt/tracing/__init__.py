"""From the algorithm's own code to kernels: recorded once, rolled into loops, written as Python.

Read `recording` (values that note what is done with them), `loading` (modules of gpt/ whose
values those are), `algorithm` (which of their code is run), `rolling` (which operations are
rounds of a loop, and what grows from position to position), `writing` (loss and gradient as
kernels); then `update`, which is all of this for the optimizer, where a parameter is alone.
Knows no transformer: only values, lists of them, tokens and positions.
"""
