"""`make bench`: how fast the program is, measured from outside; see `benchmarks/__main__.py`."""
