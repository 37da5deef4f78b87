"""What becomes of results: recordings, events, snapshots, messages and commands."""
