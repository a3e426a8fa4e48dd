"""The report as one HTML page with SVG charts, without scripts. May import `report`, `metrics`."""
