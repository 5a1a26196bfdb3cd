"""The thin shell: what the analyst types, one module per group of commands."""
