"""Tiny models of any class, and how they are run and read, whatever is asked of them."""
