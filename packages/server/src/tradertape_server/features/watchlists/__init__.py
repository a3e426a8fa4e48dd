"""Watch lists: named lists of instruments that a person keeps an eye on."""
