"""Read the text layer of a PDF in reading order, and find the words of a quote on its pages again.

``characters`` reads a page with PDFium; ``lines`` and ``columns`` put its words in reading order; ``furniture`` finds
what belongs to the page and not to the text; ``paragraphs`` joins lines, with the rules of ``hyphens``; ``document``
does all of it for a file; ``information`` chooses the metadata; ``picture`` draws a quote.
"""
