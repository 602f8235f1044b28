"""May this actor do this: Cedar policies, default deny, and grants."""
