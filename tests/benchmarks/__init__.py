"""How fast the index is beside its peers: on one corpus, in one run, each in a process of its own."""
