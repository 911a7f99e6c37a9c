"""Outcomes: small networks trained for the purpose, labeled by their test loss, and judged by each detector."""
