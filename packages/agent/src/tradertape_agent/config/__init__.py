"""The agent's configuration: the file, the environment, the keyring."""
