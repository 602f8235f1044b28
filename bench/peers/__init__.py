"""Other stores, measured on the same readings in the same run (`bench.peers.running`)."""
