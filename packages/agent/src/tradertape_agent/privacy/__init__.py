"""What the cloud may see: the secret factor, what is scaled by it, and the check of what leaves."""
