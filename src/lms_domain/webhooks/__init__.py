"""What happens in an organization, told to addresses of its choice."""
