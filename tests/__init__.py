"""A package and no mere folder: AgentPy installs a package of this name, which would hide it."""
