"""What the reading of articles promises."""
