"""Routes, streams and WebSockets of the worker API and of the console's pages of workers. Calls
the services of `service`; nothing imports it but `main`.
"""
