def main():
    text = ""
    for i in range(200000):
        text += "x"
    print(len(text))


main()
