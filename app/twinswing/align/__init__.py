"""Video and club on one timeline."""
