"""The document keys of the hub and the key file that verifiers use."""
