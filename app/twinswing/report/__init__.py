"""Files that people open elsewhere: pictures, video, tables."""
