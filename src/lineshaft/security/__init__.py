"""Who is asking, may they, and is it really from that machine."""
