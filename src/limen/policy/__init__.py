"""Decisions about a request: limits, routing."""
