def main():
    counts = {}
    for i in range(1000000):
        counts[f"key {i}"] = i
    total = 0
    for i in range(1000000):
        total += counts[f"key {i}"]
    print(f"{len(counts)} {total}")


main()
