"""The configuration file: schema, loading, secrets, snapshots."""
