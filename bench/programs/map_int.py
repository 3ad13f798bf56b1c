def main():
    places = {}
    x = 1
    for i in range(1000000):
        x = x * 48271 % 2147483647
        places[x] = i
    total = 0
    x = 1
    for _ in range(1000000):
        x = x * 48271 % 2147483647
        total += places[x]
    print(f"{len(places)} {total}")


main()
