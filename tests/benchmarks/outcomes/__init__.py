"""Outcomes: small networks trained for the purpose, labelled by their test loss, and judged by each detector."""
