"""How good the replies are: what the metrics count, what they must not fall below, and what each part gives."""
