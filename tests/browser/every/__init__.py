"""What holds in every browser: checks that are written once, and driven in each.

Not about all that the page does: that is tested in Chromium alone, by the folder above.
"""
