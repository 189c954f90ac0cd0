"""Who computes a run: the algorithm itself, or kernels compiled for it.

`engine` says what an engine is, `kinds` which there are; `scalar` and `compiled` are the
two, and `host` is who runs a compiled module: the browser, or wasmtime.
"""
