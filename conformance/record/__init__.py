"""The run directory: what is in it, how it is written and sealed, how it is verified and read.

Everything that happened in a run is here before anything is judged, and judging it needs nothing else.
"""
