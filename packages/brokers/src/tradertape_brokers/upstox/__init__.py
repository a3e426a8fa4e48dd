"""Upstox behind the port: REST by httpx, feeds by WebSocket and protobuf."""
