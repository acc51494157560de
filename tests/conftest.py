"""What all tests share: a deadline makes no sense on a machine that others use, and failures must repeat."""

from hypothesis import settings

settings.register_profile("voc", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("voc")
