"""A live bot among faults and kills, judged from the side of the people who ask: ``python -m tests.chaos``.

Keeps secret how the faults, the kills and what people do are drawn; a seed draws the same again.
"""
