"""Error rates, measured offline on research data or on volunteers who agreed to that.

Nothing that serves at a door may import this room (`[tool.importlinter]`): here, and
only here, many comparisons are formed at once.
"""
