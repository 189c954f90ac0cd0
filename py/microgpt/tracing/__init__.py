"""From a model's own code to kernels: recorded once, rolled into loops, written as Python.

Read `recording` (values that note what is done with them), `rolling` (which operations are
rounds of a loop, and what grows from position to position), `writing` (the forward and the
backward pass as kernels). `loading` makes a module of the model's text, to be recorded.
Knows no transformer: only values, lists of them, a token and positions.
"""
