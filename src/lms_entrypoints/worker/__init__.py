"""Background work as processes of its own."""
