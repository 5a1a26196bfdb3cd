"""WHICH CAMPAIGN: designs compared on the same draws."""
