"""What application services have missed, and what they are asked."""
