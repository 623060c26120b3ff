"""What a user would pick instead of the project's ranking model. Each lists its settings and fits one of them."""
