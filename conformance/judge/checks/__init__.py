"""The checks, one module each. A new check is a new file here, with its tests and its section in docs/checks.md.

A module's docstring states what is promised and by whom; its ``CHECK`` is how it is carried out. See ``check.py``.
"""
