"""Themes: what the complaints of each driver are about. The only package that imports bertopic."""

from voc.themes.describe import describe, fit_themes
from voc.themes.settings import ThemeSettings

__all__ = ["ThemeSettings", "describe", "fit_themes"]
