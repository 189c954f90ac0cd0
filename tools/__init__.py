"""What `build.py` does, a module for each part of it.

`places` says where things are. `install` sets up `.venv` and `node_modules`, `chromium`
finds a browser for the tests, `checks` are style, types and JavaScript's unit tests,
`server` serves the site on this machine. `assemble` puts the site together: from `web/`,
`wheels` (ours and others'), Pyodide's `runtime`, `site_json` (what the page knows before
Python is up), `cards` (changes of the algorithm to try) and `manifest` (the version of all
of it).

`divide.mjs` and `tab` are Python in Pyodide, for the build and on the site. `make_examples`
and `make_icons` are run by hand, when an example or the icon is to change; what they write is
committed. Not about what is on the page (`web/`) or what computes (`py/microgpt/`).
"""
