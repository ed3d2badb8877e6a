"""Video to skeleton."""
