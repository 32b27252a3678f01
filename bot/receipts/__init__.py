"""How a reply came about, in a form that can be kept, read by another process, and checked against the archive later.

Keeps secret how that is written down. A receipt names words of the question and spans of articles; it holds no quote.
"""

from __future__ import annotations

from bot.receipts.form import FormLine, QuoteLine, Receipt
from bot.receipts.making import Explain, check, receipt_of

__all__ = ["Explain", "FormLine", "QuoteLine", "Receipt", "check", "receipt_of"]
