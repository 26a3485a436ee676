"""The dialects of the MLflow gateway and of MLflow model serving."""
