"""Served pages: those at a gate, those of a desk, and the wallet that anybody may open.

Here stands what they share: what is refused before a page sees it, how connections
are held, how staff sign in, languages and templates.
"""
