"""A library of three small files about a lighthouse, for turns without any model."""

from pathlib import Path

KEEPER = "The keeper of Skerryvore trims the lamp every four hours and writes the weather into the log at noon."
LAMP = "The lamp of Skerryvore burns colza oil and is seen from eighteen nautical miles away."
GRANITE = "The tower of Skerryvore was built from 4,300 tons of granite between 1838 and 1844."

FILES = {
    "keepers.md": f"# Keepers of the light\n\n## Duties of the keeper\n\n{KEEPER}\n\n"
    "## Leave\n\nEach keeper has six weeks ashore a year.\n",
    "lamp.md": f"# The lamp\n\n## Fuel and range\n\n{LAMP}\n",
    "building/tower.txt": f"The tower\n=========\n\n{GRANITE}\n",
}


def write_library(folder: Path) -> Path:
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
