"""The snapshot's file, as its writers, its readers and a failing disk treat it."""
