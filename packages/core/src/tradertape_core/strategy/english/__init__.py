"""A strategy in English sentences, the same for the same rules. Imports `language` alone."""
