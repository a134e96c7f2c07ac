"""What is done by the clock: nobody asks for it."""
