"""A browser in words, from what it says of itself."""

NAMES = {"Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "FxiOS": "Firefox"}
LATER_NAMES = {"CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "CrOS": "ChromeOS"}
LATER_SYSTEMS = {"Mac OS": "a Mac", "Linux": "Linux"}


def in_words(agent: str) -> str:
    """“Firefox on Linux”; the more telling names are looked for first, because each claims to be the others too."""
    browser = _first(NAMES | LATER_NAMES, agent) or "A browser"
    system = _first(SYSTEMS | LATER_SYSTEMS, agent)
    return f"{browser} on {system}" if system else browser


def _first(names: dict[str, str], agent: str) -> str:
    return next((name for sign, name in names.items() if sign in agent), "")
