"""Python that runs in Pyodide, not in the build's own Python: see `runtime`.

`divide` runs while the site is built, and `first_visit` for it. `sitecustomize` and
`fetched_later` are on the site.
"""
