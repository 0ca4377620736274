"""The main job shown on real photographs, over the path that a real gate takes.

What is staged (the attack detector's evidence, the attendant) is put in through the
ports, and every line that rests on it says so. Nothing here is reachable from a gate's
configuration.
"""
