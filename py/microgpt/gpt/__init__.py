"""The algorithm: a whole GPT and its training, number by number, in plain Python.

Read it in this order: `autograd`, `model`, `optimizer`, `training`, `sampling`; then
`program`, which puts them together. `corpus`, `hyperparameters` and `random_streams`
are what it starts from. Everything outside of this folder is efficiency, or use.
"""
