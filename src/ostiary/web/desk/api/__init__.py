"""The desk for programs: the acts of its pages over HTTP, for those with a token.

Described in `docs/spec/desk-api.json`; why it is as it is, in `docs/adr/0063`.
"""
