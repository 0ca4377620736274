"""Searches a process, and all that it leaves, for biometric patterns that were planted.

A tool beside the product, which cannot import it (docs/adr/0046). What is run
(`gate`) and what is searched (`process`, `files`) know nothing of each other.
"""
