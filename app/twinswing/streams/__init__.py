"""What arrives: the club protocol and its hub, cameras, plant connectors."""
