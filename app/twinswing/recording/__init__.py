"""The container: schemas, writer, reader, recovery. The only room that knows MCAP."""
