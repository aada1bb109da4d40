"""Settings: typed classes, a strict reader of one YAML file, and words that explain them."""
