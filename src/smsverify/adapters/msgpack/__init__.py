"""The record's bytes: MessagePack."""
