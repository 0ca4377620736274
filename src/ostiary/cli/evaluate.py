"""`ostiary evaluate`: error rates, measured offline."""
