"""How passages are found: one contract, held to by every engine."""
