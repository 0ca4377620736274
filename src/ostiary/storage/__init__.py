"""The owner's files: keys, trust, status lists, and which indices were handed out.

Every file is written whole or not at all. Nothing biometric is ever among them.
"""
