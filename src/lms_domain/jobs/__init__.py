"""Work that takes longer than a request should: asked for, watched, cancelled."""
