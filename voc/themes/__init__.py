"""Themes: what the complaints of each driver are about. The only package that imports bertopic."""

from voc.themes.fit import fit_themes
from voc.themes.settings import ThemeSettings

__all__ = ["ThemeSettings", "fit_themes"]
