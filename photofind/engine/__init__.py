"""The child process that decodes and encodes, and its client."""
