"""Read the article of a web page: ``content`` chooses its elements, ``blocks`` splits them into text blocks.

``metadata`` reads what the page says about itself, and ``bylines`` finds author and date.
"""
