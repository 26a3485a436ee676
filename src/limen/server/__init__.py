"""The way in: HTTP surfaces."""
