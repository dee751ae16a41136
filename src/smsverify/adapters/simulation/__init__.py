"""A provider that sends nothing: messages land in memory."""
