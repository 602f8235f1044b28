"""The three channels of servitization, from the firm's own books."""
