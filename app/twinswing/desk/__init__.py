"""The desktop window and its panels."""
