"""The product's changelog as an API. `routes` > `service`; has no tables."""
