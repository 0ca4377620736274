"""The desk's pages: issuing passes, and what owners see to, for staff alone."""
