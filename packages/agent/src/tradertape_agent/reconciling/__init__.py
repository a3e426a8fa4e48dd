"""What the cloud expects beside what the broker holds, in real units. Nothing is corrected here."""
