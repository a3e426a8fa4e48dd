"""The local UI's server: a JSON API, and who may call it."""
