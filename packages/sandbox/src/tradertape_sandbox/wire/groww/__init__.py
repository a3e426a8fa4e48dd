"""Groww's Trading API: REST, and its feed, which is NATS over WebSocket with protobuf inside."""
