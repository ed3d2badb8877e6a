"""The same stage in OpenXR."""
