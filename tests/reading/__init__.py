"""What is read from what people write."""
