"""What comes in from files and goes out to other tools."""
