"""The hub: limen's own values for requests, answers, events and usage. Pure."""
