NAME = "card"
