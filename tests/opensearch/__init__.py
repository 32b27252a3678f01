"""A private OpenSearch cluster of three nodes, and the tests of the index in it."""
