"""Ready-made corpora: the catalogue of those to fetch, and those that are made here."""
