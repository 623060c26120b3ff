"""The ranking model: which score a user will give an item."""
