"""What people are told of: on the page, by letter, or gathered in a digest."""
