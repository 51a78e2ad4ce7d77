"""Runs the conformance tests of models, and keeps and counts what they find."""
