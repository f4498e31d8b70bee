"""The channel of a visit: source and campaign tags in, one of Plausible's channels out, decided in Plausible's order.

Rules: Plausible's acquisition channels (lib/plausible/ingestion/acquisition.ex, read November 2026), which are those that
Google publishes for GA4 (support.google.com/analytics/answer/9756891) with AI Assistants added. Which source belongs
to which category is our own list, importer/data/sources.toml.
"""

import re

from importer.sources import PAID_TAGS, Source

CHANNELS = (
    "Cross-network",
    "Paid Shopping",
    "Paid Search",
    "Paid Social",
    "Paid Video",
    "Display",
    "Paid Other",
    "Organic Shopping",
    "Organic Social",
    "Organic Video",
    "AI Assistants",
    "Organic Search",
    "Email",
    "Affiliates",
    "Audio",
    "SMS",
    "Mobile Push",
    "Referral",
    "Direct",
)

_PAID_MEDIUM = re.compile(r".*cp.*|ppc|retargeting|paid.*", re.DOTALL)
_SHOPPING_CAMPAIGN = re.compile(r"(?:[^a-df-z]|^)shop|shopping")
_DISPLAY = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SOCIAL = frozenset({"social", "social-network", "social-media", "sm", "social network", "social media"})
_EMAIL = ("email", "e-mail", "e_mail", "e mail", "newsletter")
_REFERRAL = frozenset({"referral", "app", "link"})
#: Clicks on advertisements that a search engine marks by itself: (source, parameter).
_PAID_CLICKS = frozenset({("Google", "gclid"), ("Bing", "msclkid")})


def channel(source: Source | None, utm_source: str, utm_medium: str, utm_campaign: str, click_id: str) -> str:
    """One of CHANNELS. The tags are taken without regard to case; `click_id` is a parameter's name."""
    name, category = source or ("", "")
    tag, medium, campaign = utm_source.lower(), utm_medium.lower(), utm_campaign.lower()
    paid_medium = bool(_PAID_MEDIUM.fullmatch(medium))
    paid = paid_medium or tag in PAID_TAGS
    shopping = category == "shopping" or bool(_SHOPPING_CAMPAIGN.search(campaign))

    if "cross-network" in campaign:
        return "Cross-network"
    if shopping and paid_medium:
        return "Paid Shopping"
    if (category == "search" and paid) or (name, click_id) in _PAID_CLICKS:
        return "Paid Search"
    if category == "social" and paid:
        return "Paid Social"
    if category == "video" and paid:
        return "Paid Video"
    if medium in _DISPLAY:
        return "Display"
    if paid_medium:
        return "Paid Other"
    if shopping:
        return "Organic Shopping"
    if category == "social" or medium in _SOCIAL:
        return "Organic Social"
    if category == "video" or "video" in medium:
        return "Organic Video"
    if category == "ai":
        return "AI Assistants"
    if category == "search":
        return "Organic Search"
    if category == "email" or any(word in tag or word in medium for word in _EMAIL):
        return "Email"
    if medium == "affiliate":
        return "Affiliates"
    if medium == "audio":
        return "Audio"
    if "sms" in (tag, medium):
        return "SMS"
    if category == "push" or medium.endswith("push") or "mobile" in medium or "notification" in medium:
        return "Mobile Push"
    if name or medium in _REFERRAL:
        return "Referral"
    return "Direct"
