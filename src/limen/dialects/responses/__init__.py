"""OpenAI's Responses: a conversation as a flat list of items, of which messages are one kind among many."""
