"""Framing and editing of bytes, without meaning. Pure."""
