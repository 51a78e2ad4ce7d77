"""Conformance checks for Transformers models: properties as plain functions, results as data, thin test mixins."""
