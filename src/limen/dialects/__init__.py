"""One module for each wire format: parse to the hub, render from it. Pure."""
