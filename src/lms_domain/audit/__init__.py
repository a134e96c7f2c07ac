"""Who did what, on what, from where: written with the effect, chained, and never changed again."""
