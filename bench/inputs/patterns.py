"""Regular expressions over a text: words, dates made of it, alternatives, groups, substitutions."""
import re

with open("/bench/short-text", encoding="ascii") as file:
    text = file.read()
total = 0
for pattern in (r"\b[a-e]\w+s\b", r"(\w)(\w)\2\1", r"(?:ea|io|au)[^aeiou ]{2}", r"\d+$", r"^\w+ (\w+) .*\1", r"[^.,\n]+,"):
    for match in re.finditer(pattern, text, re.MULTILINE):
        total += match.end() - match.start()
words = re.split(r"[\s.,]+", text)
text, changed = re.subn(r"(\w+) (\w+)", lambda m: m.group(2) + " " + m.group(1), text)
print(total, len(words), changed, len(text))
