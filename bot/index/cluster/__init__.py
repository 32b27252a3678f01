"""The index of an archive in an OpenSearch cluster: for archives that one machine should not hold in memory.

An OpenSearch index, a *generation*, holds everything of one archive (``documents``): a document per passage and one per
article with its analyzed form, the learned tables in chunks, and the *state*, which names the current *revision*. An
alias names the current generation. ``publish`` writes generations and revisions, ``reader`` opens a revision for
questions, ``retriever`` searches it, and ``fetched`` holds the articles that one question has fetched.

The engine chooses candidates; their scores, hence the order of the hits, are computed here, as in the embedded index:
both give the same replies.
"""
