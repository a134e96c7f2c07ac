"""Background work: what follows from what happened, done once, however often it is tried."""
