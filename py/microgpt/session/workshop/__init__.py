"""The workshop: names as somebody wishes them, and why each is as it is."""
