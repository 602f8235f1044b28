"""Files that the hub keeps as dated versions: checked as a whole, canonical, never changed."""
