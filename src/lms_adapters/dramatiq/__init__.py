"""Tasks travel over Redis."""
