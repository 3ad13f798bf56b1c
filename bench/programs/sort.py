def main():
    xs = []
    x = 1
    for _ in range(1000000):
        x = x * 48271 % 2147483647
        xs.append(x)
    ordered = sorted(xs)
    print(ordered[0], ordered[250000], ordered[500000], ordered[999999])


main()
