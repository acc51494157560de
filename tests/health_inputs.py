"""The health of the model in the fixed report: every kind of thing it can say. All of it was made up."""

from __future__ import annotations

from dataclasses import replace

from voc.report.health_value import Audit, Drift, Health, LanguageHealth, Rate

LENGTH = Drift("length", 164.0, 171.0, 0.041, 0.118)
UNKNOWN = Drift("unknown", 0.0012, 0.0009, 0.02, 0.1)
PROBABILITY = Drift("probability", 0.131, 0.118, 0.064, 0.118)
COUNTS = {
    "discourtesy.complaint": (6, 1, 2, 51),
    "incompetence.complaint": (19, 3, 4, 34),
    "neglect.complaint": (10, 4, 3, 43),
    "leave": (4, 0, 1, 55),
}
HEALTH = Health(
    (
        LanguageHealth("en", 262, 262, 101, 20, 0.331, 0.462, "none", (LENGTH, UNKNOWN, PROBABILITY)),
        LanguageHealth(
            "zh-Hans", 1101, 300, 171, 20, 0.341, 0.478, "up", (replace(LENGTH, now=38.0, before=84.0, index=0.612),)
        ),
        LanguageHealth("zh-Hant", 46, 46, 20, 20, 0.181, 0.613, "down", ()),
        LanguageHealth("fr", 3, 3, 2, 0, None, None, "untested"),
    ),
    (
        Audit(
            "en", 60, "2026-11-09", "2026-11-12", Rate(39, 47, 0.699, 0.911, 0.8), Rate(10, 193, 0.028, 0.093, 0.01),
            COUNTS,
        ),
        Audit("zh-Hans", 40, None, None, Rate(12, 24, 0.314, 0.686, 0.8), None, {"leave": (12, 12, 0, 0)}),
    ),
)  # fmt: skip
# All is well; nothing was judged; an audit of long ago; nothing was said of a label by the correction.
WELL = Health((replace(HEALTH.languages[0]),), (replace(HEALTH.audits[0], flagged=None, first="2026-11-12"),))
STATES = (
    WELL,
    Health((), ()),
    Health((), HEALTH.audits),
    Health(WELL.languages, (replace(HEALTH.audits[0], last="2026-03-01", first="2026-03-01"),)),
    Health(WELL.languages, (replace(HEALTH.audits[0], found=replace(Rate(1, 9, 0.0, 0.4, None)), last=None),)),
)
