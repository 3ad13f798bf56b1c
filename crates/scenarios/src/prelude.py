"""What scripted policies define in their first cell."""


def lines(text):
    return text.splitlines()


def chunks(text, size):
    own = text.splitlines()
    return ["\n".join(own[at : at + size]) for at in range(0, len(own), size)]


def prefixed(prefix, items):
    return [prefix + item for item in items]


def find(text, marker):
    words = text.partition(marker)[2].split()
    return words[0] if words else ""


def tallied(labels):
    return {label: labels.count(label) for label in sorted(set(labels))}


def get(mapping, key):
    return mapping.get(key, 0)


def paired(own, labels, wanted):
    chosen = [line.split()[0] for line, label in zip(own, labels) if label == wanted]
    return [f"{one}-{other}" for at, one in enumerate(chosen) for other in chosen[at + 1 :]]


def plus(one, other):
    return one + other


def joined(items, separator):
    return separator.join(items)


def repeated(text, count):
    return text * count


def texts(found):
    return [one.text for one in found]


def first(items):
    return items[0] if items else ""


def told(results):
    return [{"ok": one.value} if isinstance(one, Ok) else {"err": one.kind} for one in results]


def chosen(values, choices):
    return [dict(zip(those[::-1], "DCBA")).get(value, "none") for value, those in zip(values, choices)]


def fail(message):
    raise ValueError(message)


def die():
    import os

    os._exit(9)


def loop():
    while True:
        pass


def forks():
    import os

    while True:
        os.fork()
