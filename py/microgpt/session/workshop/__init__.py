"""The workshop: names as somebody wishes them, and why each is as it is.

`wishes` checks what is asked for and `constraints` says what fits. `making` goes one of
three ways to it: by drawing and keeping what fits; where that starves, by `weighing`; or,
where the likeliest are asked for, by a search (`likeliest`). `figures` says what is known of
each, `orders` sorts them, `novelty` is about all that the model could make up.
"""
