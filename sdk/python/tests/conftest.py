pytest_plugins = ["vibe.testing"]
