"""One adapter a network family: prepare, run, read around a Session. What a model wants is read from the catalogue."""
