"""What a user would pick instead of the project's model. Each peer lists its settings and fits one of them."""
