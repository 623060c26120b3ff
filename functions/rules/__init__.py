"""What the functions decide: pure rules over documents. Nothing here calls AWS, reads the clock or the environment."""
