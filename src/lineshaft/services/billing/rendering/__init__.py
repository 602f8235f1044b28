"""Documents as people read them: HTML and PDF, made from the signed JSON and nothing else."""
