"""Templates of offerings that ship with the product: a file each."""
