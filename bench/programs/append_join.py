def main():
    parts = []
    for i in range(1000000):
        parts.append(str(i))
    text = ",".join(parts)
    print(len(text))


main()
