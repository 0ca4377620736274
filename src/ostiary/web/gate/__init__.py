"""The pages at the gate, in a process of their own.

    gate/loop.py -> pages.py (a display) -> link.py -> server.py -> board.py -> pages

Nothing that a browser does reaches the gate but small messages that `link` has parsed.
"""
