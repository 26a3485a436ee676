"""The way out: limen's own HTTP/1.1 client."""
