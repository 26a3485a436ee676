"""Sources of credentials that are valid for a while only, fetched and refreshed in the background. I/O is allowed here."""
