"""Fuzzing: what is tried, how inputs are made, and the pages of the app with addresses of any kind."""
