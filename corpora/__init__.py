"""Ready-made corpora: the catalogue and what is generated here."""
