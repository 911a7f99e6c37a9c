"""What a search has found: for study.json, for a terminal, and as advice on what to do next."""
