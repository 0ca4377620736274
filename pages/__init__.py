"""Makes what the served pages stand on: catalogues, fonts, screenshots. By hand."""
