"""What servitization does to the value chain, and where the chain breaks."""
