"""Reports: plots as inline SVG, pages that need nothing else, and what goes in them."""
