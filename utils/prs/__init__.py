"""Exports the series of edits as pull requests: patches for any checkout of upstream, and the facts of each."""
