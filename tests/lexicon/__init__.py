"""What is learnt from an archive about its own words."""
