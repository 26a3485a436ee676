"""Google's Gemini dialect: ``generateContent``, its streams, embeddings and the counting of tokens. Vertex AI speaks it too."""
