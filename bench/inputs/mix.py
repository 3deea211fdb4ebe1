"""A mix of Python's own work: attribute access, calls, lists, dictionaries, strings, integers, generators."""


class Record:
    def __init__(self, following=None, kind=0, value=0, text=""):
        self.following, self.kind, self.value, self.text = following, kind, value, text

    def copy(self):
        return Record(self.following, self.kind, self.value, self.text)


def kinds(n):
    for i in range(n):
        yield i % 5


def step(record, i, counts):
    other = record.copy()
    other.value = record.value + i
    if other.kind == 2 and other.text > "A":
        other.text = record.text[1:] + chr(65 + i % 26)
    else:
        other.kind = (other.kind + 1) % 5
    counts[other.kind] = counts.get(other.kind, 0) + 1
    other.following = None
    return other


def run(rounds):
    record, counts, row = Record(kind=1, text="SOME TEXT"), {}, [0] * 50
    grid = [row[:] for _ in range(50)]
    for i in range(rounds):
        record = step(record, i, counts)
        row[i % 50] = record.value & 0xFFFF
        grid[i % 50][row[i % 50] % 50] += 1
        if i % 100 == 0:
            row.sort()
            record.value = sum(k * v for k, v in zip(kinds(50), row)) % 1000003
    return record.value, record.text, sorted(counts.items()), sum(map(sum, grid))


print(run(350000))
