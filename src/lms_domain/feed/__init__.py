"""What happened, told to others: in one order, without gaps, without anything personal."""
