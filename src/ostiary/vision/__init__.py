"""Models and what they see: detection, alignment, features, presentation attacks."""
