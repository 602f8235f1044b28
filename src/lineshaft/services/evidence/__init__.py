"""The proof behind a document: the evidence bundle, and how anyone checks it offline."""
