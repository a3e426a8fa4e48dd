"""Write the catalogue's page: `python -m tradertape_indicators.catalogue > docs/indicators.md`."""

import sys

from tradertape_indicators.catalogue.page import render

sys.stdout.write(render())
