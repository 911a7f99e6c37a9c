"""Best weights: what they say when the training is over: of single samples, with one temperature, together."""
