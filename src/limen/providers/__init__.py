"""Who answers: one module for each provider, a catalog row for each that speaks OpenAI's dialect. Pure."""
