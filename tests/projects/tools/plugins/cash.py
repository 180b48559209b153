NAME = "cash"
