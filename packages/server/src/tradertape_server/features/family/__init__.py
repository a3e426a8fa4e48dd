"""Family: groups whose members show each other their wealth, as far as each decides."""
