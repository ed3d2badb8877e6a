"""The commands. No logic: arguments in, exit status out."""
