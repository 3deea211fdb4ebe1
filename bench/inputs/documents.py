"""JSON: writes and reads documents with the C accelerator and with the pure Python encoder."""
import json
import random

random.seed(5)
document = {"items": [{"id": i, "name": f"name {random.randrange(10**6)} \u00e9\"", "price": random.random() * 1000, "tags": [f"tag{j}" for j in range(i % 5)],
                       "at": {"x": -i, "y": None, "ok": i % 2 == 0}} for i in range(1500)]}
total = 0
for i in range(20):
    text = json.dumps(document, sort_keys=True)
    document = json.loads(text)
    document["items"][i]["id"] += 1
    total += len(text)
for i in range(3):
    total += len(json.dumps(document, indent=1))
print(total)
