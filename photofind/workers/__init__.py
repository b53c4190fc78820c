"""Threads and signals between the core and the window."""
